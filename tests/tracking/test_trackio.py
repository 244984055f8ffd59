"""trackio, read back by its own commands and its `Api`."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import uuid
from typing import Any

import pytest

pytest.importorskip("trackio", reason="needs the extra: pip install 'evokd[trackio]'")

import trackio

from evokd.config import Config
from tests.runs.made_run import Maker
from tests.tracking.conftest import config_of, session

pytestmark = pytest.mark.filterwarnings("default")  # its own are its own


def told(*words: str) -> Any:
    """What `trackio … --json` says."""
    command = [sys.executable, "-m", "trackio.cli", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    return json.loads(done.stdout)


def points(project: str, run: str, metric: str) -> list[tuple[int, float]]:
    about = ("--project", project, "--run", run, "--metric", metric)
    return [(one["step"], one["value"]) for one in told("get", "metric", *about)["values"]]


@pytest.fixture
def config(maker: Maker) -> Config:
    """A project that no other test writes to."""
    name = f"made-{uuid.uuid4().hex[:8]}"
    return config_of(maker, "trackio").model_copy(update={"name": name})


def test_a_run_is_there_and_a_resume_goes_on_with_it(
    maker: Maker, config: Config, reached: list[Any], capfd: pytest.CaptureFixture[str]
) -> None:
    assert session(maker, config, last=1, status="interrupted", reason="Ctrl-C") == []
    (run,) = trackio.Api().runs(config.name)
    assert run.config["status"] == "interrupted" and run.config["end.reason"] == "Ctrl-C"
    (alert,) = run.alerts()
    assert (alert["title"], alert["text"]) == ("interrupted", "Ctrl-C")

    assert session(maker, config, first=2) == []
    (run,) = trackio.Api().runs(config.name)
    assert run.name == "run-012345" and run.config["status"] == "done"
    assert run.config["task.labels.positive"] == "happy"
    assert points(config.name, run.name, "test/macro_f1") == [(0, 0.5), (1, 0.6), (2, 0.7)]
    edge = "tokens/analyst-to-hard_generator"
    assert points(config.name, run.name, edge) == [(1, 30), (2, 60)]
    assert points(config.name, run.name, "run/done") == [(1, 0), (2, 1)]
    about = ("--project", config.name, "--run", run.name)
    assert "figures/tokens" in told("list", "metrics", *about)["metrics"]
    said = capfd.readouterr()
    assert said.out == "" and "rackio" not in said.err
    assert reached == []


def test_what_it_keeps_to_itself_is_said(
    maker: Maker, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("trackio.sqlite_storage.SQLiteStorage.bulk_log", full)
    (warning,) = session(maker, config)
    assert warning.startswith("trackio: OSError: ") and "could not write all of it" in warning
