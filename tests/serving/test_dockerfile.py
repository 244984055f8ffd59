"""The Dockerfile by simple rules: nothing builds it here, so what can be read is checked."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evokd.cli.commands import app
from evokd.serving.app import PATHS
from evokd.serving.guard import OPEN
from tests.serving.dockerfile import KNOWN, Instruction, instructions

ROOT = Path(__file__).parents[2]
FILE = instructions(ROOT / "Dockerfile")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def named(name: str) -> list[Instruction]:
    return [one for one in FILE if one.name == name]


def last_stage() -> list[Instruction]:
    start = max(place for place, one in enumerate(FILE) if one.name == "FROM")
    return FILE[start:]


def test_every_instruction_is_known() -> None:
    assert {one.name for one in FILE} <= KNOWN
    assert not named("ADD"), "COPY says what it does"


def test_bases_are_pinned_and_can_run_evokd() -> None:
    least = re.search(r"3\.\d+", PROJECT["project"]["requires-python"])
    assert least is not None
    for one in named("FROM"):
        tag = re.fullmatch(r"python:(3\.\d+)-slim-\w+", one.words[0])
        assert tag is not None, one
        assert tuple(map(int, tag[1].split("."))) >= tuple(map(int, least[0].split(".")))


def test_whatever_is_installed_is_pinned() -> None:
    installs = [one.rest for one in named("RUN") if "pip install" in one.rest]
    assert len(installs) == 2
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    for line in installs:
        assert "-c constraints.txt" in line
        for pin in re.findall(r"\S+==\S+", line):
            assert pin in pins
    assert "torch==" in installs[0], "torch first"
    assert not any("apt-get" in one.rest for one in named("RUN"))


def test_it_copies_what_is_there_and_every_package() -> None:
    copied = set()
    for one in named("COPY"):
        if not one.words[0].startswith("--from="):
            copied |= set(one.words[:-1])
    assert all((ROOT / name).exists() for name in copied)
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= copied
    assert {"pyproject.toml", "constraints.txt", PROJECT["project"]["readme"]} <= copied
    assert set(PROJECT["project"]["license-files"]) <= copied


def test_the_build_sees_no_keys_and_no_runs() -> None:
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {".git", ".venv", ".env*", "runs"} <= set(left_out)
    for one in [*named("ENV"), *named("ARG")]:
        assert not re.search(r"(KEY|TOKEN|SECRET|PASSWORD)\w*=", one.rest)


def test_it_is_not_root_that_serves() -> None:
    stage = [one.name for one in last_stage()]
    (user,) = [one for one in last_stage() if one.name == "USER"]
    assert int(user.rest) > 0, "a number: Kubernetes asks for one"
    assert stage.index("USER") < stage.index("ENTRYPOINT")
    assert "RUN" not in stage[stage.index("USER") :]


def test_its_health_is_asked_for_without_a_token() -> None:
    (health,) = named("HEALTHCHECK")
    (port,) = named("EXPOSE")
    (path,) = re.findall(rf"127\.0\.0\.1:{port.rest}(/\w+)", health.rest)
    assert path in PATHS and path in OPEN


def test_the_command_is_one_that_evokd_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVOKD_SERVE_TOKEN", raising=False)
    (entry,), (command,) = named("ENTRYPOINT"), named("CMD")
    assert entry.rest.startswith("[") and command.rest.startswith("["), "no shell takes the signals"
    (port,) = named("EXPOSE")
    words = [*entry.words, *command.words]
    assert words[:3] == ["evokd", "serve", "/student"]
    assert words[words.index("--port") + 1] == port.rest
    words[words.index("--port") + 1] = "0"
    (tmp_path / "student.json").write_text("{}", encoding="utf-8")
    result = CliRunner().invoke(app, ["serve", str(tmp_path), *words[3:]])
    assert result.exit_code == 2 and "EVOKD_SERVE_TOKEN" in result.stderr
