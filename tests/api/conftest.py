from __future__ import annotations

from pathlib import Path

import pytest

import evokd
from tests.cli.tiny_run import lay_out


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny run's config: random BERT, scripted teacher, seconds."""
    return lay_out(tmp_path_factory.mktemp("api"))


@pytest.fixture(scope="session")
def finished(config: Path) -> evokd.Run:
    """A finished run; read only."""
    return evokd.run(config, out=config.parent / "finished")
