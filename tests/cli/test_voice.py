"""`--quiet`, `--verbose`, `--json`: how much a run says, and on which stream."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evokd.store.events import Warned
from evokd.store.run_dir import RunDir, read_lines
from graph import driving
from graph.core.run_context import RunContext
from tests.cli.conftest import Evokd


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_quiet_prints_where_the_run_lies_and_its_score(
    evokd: Evokd, config: Path, out: Path
) -> None:
    said = evokd("run", config, "--out", out, "--quiet", "--set", "loop.rounds=1")
    assert said.exit_code == 0 and said.stderr == ""
    words = " ".join(said.stdout.split())
    score = read_lines(out / "metrics.jsonl")[-1]["test"]["macro_f1"]
    assert words == f"{out} done: 1 rounds done test macro-F1 {score:.3f}"
    assert (out / "report.html").is_file()


def test_json_is_one_document_and_the_files_say_the_same(
    evokd: Evokd, config: Path, out: Path
) -> None:
    said = evokd("run", config, "--out", out, "--json", "--set", "loop.rounds=1")
    assert said.exit_code == 0 and said.stderr == ""
    document = json.loads(said.stdout)
    first, last = read_lines(out / "metrics.jsonl")
    assert (document["status"], document["reason"]) == ("done", "1 rounds done")
    assert document["directory"] == str(out)
    assert document["scores"]["before"]["test"] == first["test"]
    assert document["scores"]["last"]["test"] == last["test"]
    assert document["billed"] == json.loads(evokd("tokens", out, "--json").stdout)["billed"]
    assert Path(document["student"]).is_dir()
    again = evokd("resume", out, "--json")
    assert again.exit_code == 0 and json.loads(again.stdout)["status"] == "done"


def test_verbose_has_a_line_for_each_call(evokd: Evokd, config: Path, out: Path) -> None:
    said = evokd("run", config, "--out", out, "-v", "--set", "loop.rounds=1")
    lines = [line for line in said.stdout.splitlines() if "  call " in line]
    calls = json.loads(evokd("tokens", out, "--by", "call", "--json").stdout)["rows"]
    assert len(lines) == len(calls) > 0
    for line, call in zip(lines, calls, strict=True):
        assert f"call {call['id'][:8]}  scripted  ok" in line
        assert f"{call['prompt_tokens']} + {call['completion_tokens']} tokens" in line
    usual = evokd("run", config, "--out", f"{out}2", "--set", "loop.rounds=1").stdout
    assert "  call " not in usual


@pytest.mark.parametrize("option", ["--quiet", "--json"])
def test_a_failure_is_told_however_quiet(
    evokd: Evokd, config: Path, out: Path, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grave(run: RunContext, method: object) -> tuple[str, ...]:
        run.emit(Warned(node="labeler", text="the labeler gave nothing", grave=True))
        raise RuntimeError("the roof fell in")

    monkeypatch.setattr(driving, "_remarks", grave)
    said = evokd("run", config, "--out", out, option)
    assert said.exit_code == 1 and said.stdout == ""
    assert "labeler: the labeler gave nothing" in said.stderr
    assert "the roof fell in" in said.stderr and f"evokd resume {out}" in said.stderr


def test_two_at_once_are_refused(evokd: Evokd, config: Path, out: Path) -> None:
    said = evokd("run", config, "--out", out, "--quiet", "--json")
    assert said.exit_code == 2 and "--quiet and --json: give one of them" in said.stderr
    assert not out.exists()
    said = evokd("tokens", out, "--json", "--format", "csv")
    assert said.exit_code == 2 and "--json beside --format csv" in said.stderr


def test_new_limits_from_the_command_line(
    evokd: Evokd, run_dir: Path, config: Path, tmp_path: Path
) -> None:
    hint = " ".join(evokd("resume", run_dir).stdout.split())
    assert f"evokd resume {run_dir} --set loop.rounds=…" in hint
    said = evokd("resume", run_dir, "--set", "loop.rounds=3", "--json")
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout)["reason"] == "3 rounds done"
    whole = tmp_path / "whole"
    evokd("run", config, "--out", whole, "--set", "loop.rounds=3", "-q")
    assert [line["test"] for line in read_lines(run_dir / "metrics.jsonl")] == [
        line["test"] for line in read_lines(whole / "metrics.jsonl")
    ]
    assert RunDir(run_dir).config().loop.rounds == 3
    refused = evokd("resume", run_dir, "--set", "seed=3")
    assert refused.exit_code == 2 and "takes new limits alone" in refused.stderr
