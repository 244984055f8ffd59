"""A study of four tiny cells, run once for all tests that only look at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokd.studies.run.record import JsonRow
from evokd.studies.study import Study
from tests.cli.tiny_run import lay_out

STUDY = """\
name: tiny-study
kind: {kind}
base: tiny.yaml
set: {{loop.rounds: 3}}
grid:
  seed: [1, 2]
  variant:
    full: {{}}
    no_easy: {{loop.switches.easy: false}}
"""


def write_study(folder: Path, kind: str = "ablation", text: str | None = None) -> Path:
    """A study file beside the tiny config."""
    file = folder / "study.yaml"
    file.write_text(text or STUDY.format(kind=kind), encoding="utf-8")
    return file


def run_study(
    file: Path, out: Path, *, workers: int = 1, retry_failed: bool = False
) -> list[JsonRow]:
    """Run what is left of a study in this process's workers."""
    study = Study.load(file, out=out)
    with study.folder.locked():
        study.begin()
        assert study.work(study.pending(retry_failed), workers=workers)
        return study.settle()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, a base model and a run config; `write_study` puts a study there."""
    return lay_out(tmp_path_factory.mktemp("tiny")).parent


@pytest.fixture(scope="session")
def quiet(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study that nothing happened to; read only."""
    out = tmp_path_factory.mktemp("quiet") / "out"
    file = write_study(tmp_path_factory.mktemp("quiet-file"), text=_absolute(tiny))
    run_study(file, out, workers=2)
    return out


def _absolute(tiny: Path) -> str:
    return STUDY.format(kind="adaptability").replace("tiny.yaml", str(tiny / "tiny.yaml"))
