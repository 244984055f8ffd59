"""A real run's student on its way to the hub and back: what arrives answers as it did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import Result

from tests.cli.conftest import Evokd
from tests.servers.fake_hub import GOOD, fake_hub


@pytest.fixture(autouse=True)
def _the_hub_may_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", GOOD)


def test_what_was_pushed_answers_as_the_run_s_student(
    evokd: Evokd, finished: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        done = evokd("push", finished[0], "--to", "alice/tiny", "--yes", "--intervals", "--json")
        assert done.exit_code == 0, done.output
        files = hub.repos["models/alice/tiny"].files
    document = json.loads(done.stdout)
    assert document["pushed"] and not document["left_out"] and not document["notes"]
    for name, content in files.items():
        assert str(finished[0].parent).encode() not in content, name
        (tmp_path / name).write_bytes(content)
    here, there = (
        evokd("predict", place, "--text", "great phone", "--probabilities").stdout
        for place in (finished[0], tmp_path)
    )
    assert here == there and json.loads(here)["label"]
    scores = document["card"].split("## Scores")[1].split("##")[0]
    rows = [line.split(" | ") for line in scores.splitlines() if line.startswith("| test")]
    assert len(rows) == 2
    for _, _, score, interval, _ in rows:
        low, high = map(float, interval.split(" to "))
        assert 0 <= low <= float(score) <= high <= 1 and low < high


def test_weights_that_score_otherwise_are_refused(
    evokd: Evokd, run_dir: Path, tmp_path: Path
) -> None:
    file = run_dir / "metrics.jsonl"
    *before, last = file.read_text(encoding="utf-8").splitlines()
    line = json.loads(last)
    line["test"]["accuracy"] += 0.2 if line["test"]["accuracy"] < 0.5 else -0.2
    file.write_text("\n".join([*before, json.dumps(line)]) + "\n", encoding="utf-8")
    refused = evokd("push", run_dir, "--to", "alice/tiny", "--intervals")
    assert refused.exit_code == 2 and "but the run wrote" in refused.stderr, refused.output
    assert evokd("push", run_dir, "--to", "a/b", "--intervals", "--dataset").exit_code == 2
