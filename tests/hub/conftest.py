from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from evokd.cli.commands import app
from tests.hub.made_student import make_student_run
from tests.servers.fake_hub import GOOD, FakeHub, fake_hub

Push = Callable[..., Result]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    """The stand-in, with a token for it in the environment, and no waits between attempts."""
    from huggingface_hub import constants

    from evokd.hub import sending

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # the stand-in knows LFS alone
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-login"))
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
    monkeypatch.setattr(sending, "FIRST_WAIT_S", 0)
    monkeypatch.setattr(sending, "LONGEST_WAIT_S", 0)
    monkeypatch.setenv("HF_TOKEN", GOOD)
    with fake_hub() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


@pytest.fixture
def push() -> Push:
    """`evokd push` in this process."""

    def call(*args: object) -> Result:
        words = ["push", *(str(arg) for arg in args)]
        return CliRunner().invoke(app, words, env={"COLUMNS": "200"})

    return call


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A finished run with a student, made by hand."""
    return make_student_run(tmp_path / "work" / "run")
