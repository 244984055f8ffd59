from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from evokd.cli.commands import app
from tests.cli.tiny_run import lay_out

Evokd = Callable[..., Result]


@pytest.fixture(scope="session")
def evokd() -> Evokd:
    """Runs a command in this process."""

    def call(*args: object, stdin: bytes | None = None) -> Result:
        env = {"COLUMNS": "80", "OPENAI_API_KEY": None}
        return CliRunner().invoke(app, [str(arg) for arg in args], input=stdin, env=env)

    return call


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def finished(evokd: Evokd, config: Path) -> tuple[Path, Result]:
    """A finished run and what it printed; read only."""
    out = config.parent / "finished"
    return out, evokd("run", config, "--out", out)


@pytest.fixture
def run_dir(finished: tuple[Path, Result], tmp_path: Path) -> Path:
    """A finished run to change."""
    return Path(shutil.copytree(finished[0], tmp_path / "run"))
