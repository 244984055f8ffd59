"""A dry run counts what unusable replies cost; it ends for no other reason than the run's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokd.tasks.task import load_task
from graph.dry_run.run import dry_run
from graph.packs import pack_of
from tests.servers.runs import KEY, KEY_NAME, lay_out, settings


def test_a_model_that_is_no_use_is_counted_to_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_NAME, KEY)
    config = settings(lay_out(tmp_path), "http://127.0.0.1:1", "loop.calls_per_round=16")
    pack = pack_of(config)
    expected = pack.manifest.expected.model_copy(update={"unusable": {"generator": 1.0}})
    pack.manifest = pack.manifest.model_copy(update={"expected": expected})
    found = dry_run(config, load_task(config.task), pack)
    assert found.rounds == 2 and not any(found.accepted.values())
