"""One tiny student and one set of rows for all runs of the session; waits cut short."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

import graph.session
from evokd.teacher.metering import Metering
from graph.session import start
from tests.servers.fake_chat import FakeChat
from tests.servers.runs import BRAIN, KEY, KEY_NAME, lay_out, settings


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("shared"))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once, and the fake endpoint has a key."""
    monkeypatch.setattr(graph.session, "Metering", functools.partial(Metering, backoff_s=0.001))
    monkeypatch.setenv(KEY_NAME, KEY)


@pytest.fixture(scope="session")
def quiet(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nothing happened to: what all others are compared with."""
    run = tmp_path_factory.mktemp("quiet") / "run"
    with pytest.MonkeyPatch.context() as patch, FakeChat(BRAIN) as server:
        patch.setenv(KEY_NAME, KEY)
        assert start(settings(shared, server.url), run).status == "done"
    return run
