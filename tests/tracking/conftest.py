"""Made runs for trackers, and what no tracker may do: reach beyond this machine."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evokd.config import Config, load_config
from evokd.store.events import Begun, Scored, Stopped
from evokd.tracking.listener import Trackers
from tests.runs.made_run import Maker

# trackio reads it when it is imported, and worker processes have it from their parents
os.environ["TRACKIO_DIR"] = tempfile.mkdtemp(prefix="evokd-trackio-")
for name in ("MLFLOW_TRACKING_URI", "WANDB_API_KEY", "WANDB_MODE"):
    os.environ.pop(name, None)

BEGUN = Begun(run="0123456789ab", name="made", method="evokd", seed=1, resumed=False)
SCORED = Scored(dev=None, test={}, billed_tokens=0, accepted=0, rejected=0)


@pytest.fixture
def maker(tmp_path: Path) -> Iterator[Maker]:
    """A run that has closed its warm-up."""
    made = Maker(tmp_path / "run", rounds=2)
    yield made
    made.events.close()
    made.ledger.close_database()


def config_of(made: Maker, *trackers: str) -> Config:
    """Its config with trackers."""
    named = [f"track=[{','.join(trackers)}]", "task.data={train: no.jsonl, test: no.jsonl}"]
    config = load_config(made.path / "config.yaml", named)
    (made.path / "config.yaml").write_text(config.to_yaml(), encoding="utf-8")
    return config


def session(
    made: Maker,
    config: Config,
    *,
    first: int = 1,
    last: int = 2,
    status: str = "done",
    reason: str = "2 rounds done",
    **about: Any,
) -> list[str]:
    """A session that works on some rounds of the run; gives the warnings."""
    (made.path / "config.yaml").write_text(config.to_yaml(), encoding="utf-8")  # new limits, maybe
    trackers = Trackers(config, made.path, **about)
    trackers(BEGUN)
    trackers(SCORED)
    for number in range(first, last + 1):
        made.round(number, ["Great phone.", "A phone."])
        trackers(SCORED)
    trackers(Stopped(status=status, reason=reason))
    return trackers.close()


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Addresses that this process tried to reach, files and loopback aside."""
    found: list[Any] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            found.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    return found
