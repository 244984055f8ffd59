"""What a page shows as a command is run: in a folder of its own, scripted teacher, tiny student."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from evokd.cli.commands import app
from evokd.config import parse_yaml
from tests.docs.pages import DOCS, ROOT, Command, File, missing, steps
from tests.student.tiny import save_base

PAGES = [
    page for page in sorted(DOCS.rglob("*.md")) if list(steps(page.read_text(encoding="utf-8")))
]
QUICK: dict[str, Any] = {"max_length": 32, "warm_up_epochs": 1, "epochs": 1, "threads": 1}


def test_the_tutorials_are_among_them() -> None:
    assert len([page for page in PAGES if page.parent.name == "tutorials"]) >= 5


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_base(tmp_path_factory.mktemp("student"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_a_page_holds_what_it_promises(
    page: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lay_out(tmp_path, base)
    for step in steps(page.read_text(encoding="utf-8")):
        if isinstance(step, File):
            write(tmp_path / step.name, step.text, base)
        else:
            hold(step, tmp_path)


def lay_out(folder: Path, base: Path) -> None:
    """What a checkout has that pages speak of: examples with their data, packs of prompts."""
    (folder / "examples").mkdir()
    (folder / "examples" / "data").symlink_to(ROOT / "examples" / "data")
    (folder / "prompts").symlink_to(ROOT / "prompts")
    for name in ("own_method.py", "own_role.py", "own_role_pack"):
        (folder / "examples" / name).symlink_to(ROOT / "examples" / name)
    for name in ("demo", "avis", "own_role"):
        text = (ROOT / "examples" / f"{name}.yaml").read_text(encoding="utf-8")
        write(folder / "examples" / f"{name}.yaml", text, base)


def write(path: Path, text: str, base: Path) -> None:
    """A file of a page; of a config, the teachers and the student become those of the tests."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = parse_yaml(text) if path.suffix == ".yaml" else None
    if isinstance(raw, dict) and "task" in raw:
        raw["teachers"] = {"default": {"scripted": True}}
        raw["student"] = {**raw.get("student", {}), **QUICK, "model": str(base)}
        raw["loop"] = {"calls_per_round": 1, "rounds": 2, **raw.get("loop", {})}
        text = yaml.safe_dump(raw, allow_unicode=True)
    path.write_text(text, encoding="utf-8")


def hold(command: Command, folder: Path) -> None:
    """Run one command and compare."""
    program, *words = shlex.split(command.words, comments=True)
    if program == "evokd":
        env = {"COLUMNS": "100", "OPENAI_API_KEY": None}
        result = CliRunner().invoke(app, words, env=env)
        code, output = result.exit_code, result.output
    elif program == "cp":
        code, output = subprocess.run(["cp", *words], cwd=folder, check=False).returncode, ""
    else:
        assert program == "python", f"a page may run evokd, python and cp, not {program}"
        ran = subprocess.run(
            [sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False
        )
        code, output = ran.returncode, ran.stdout + ran.stderr
    assert code == command.exit_code, output
    gap = missing(command.promised, output)
    assert gap is None, f"{command.words}\nnot there: {gap}\n{output}"
