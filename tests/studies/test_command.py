"""`evokd study` and `evokd plan STUDY.yaml` as typed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from evokd.cli import live
from evokd.cli.commands import app
from evokd.cli.study_progress import StudyProgress
from evokd.studies.grid.cells import Cell
from evokd.studies.run.progress import CellProgress, ended, stopping
from evokd.studies.study import Study
from tests.studies.conftest import STUDY, write_study
from tests.studies.grid.test_cells import HEAD


def evokd(*args: object) -> Result:
    env = {"COLUMNS": "80", "OPENAI_API_KEY": None}
    return CliRunner().invoke(app, [str(arg) for arg in args], env=env)


def test_a_study_and_its_report(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    file = write_study(tiny, text=HEAD + "set: {loop.rounds: 1}\ngrid: {seed: [1, 2]}")
    first = evokd("study", file, "--out", out, "--workers", 2)
    assert first.exit_code == 0, first.output
    lines = [line for line in first.stdout.splitlines() if "done    evokd tiny" in line]
    assert len(lines) == 2 and lines[1].endswith("(2 of 2)")
    assert "called" not in first.stdout
    assert "macro-F1" in lines[0] and "2 of 2 cells done, 0 failed" in first.stdout
    for name in ("study.yaml", "cells.jsonl", "results.jsonl", "curves.csv", "tables.md"):
        assert (out / name).is_file(), name
    assert (out / "study.html").is_file()
    end = first.stdout[first.stdout.rindex("(2 of 2)") :]
    assert re.search(r"^method +n +mean ± sd +95 % interval", end, re.MULTILINE)
    assert re.search(r"^evokd +2 +0\.\d{3} ± 0\.\d{3}", end, re.MULTILINE)
    said = "".join(end.split())
    assert f"page:{out}/study.html" in said and f"figures:{out}/figures(" in said

    again = evokd("study", file, "--out", out)
    assert again.exit_code == 0 and "2 cells ended earlier, 0 to run" in again.stdout

    file = write_study(tiny, text=HEAD + "set: {loop.rounds: 1}\ngrid: {seed: [2, 3]}")
    more = evokd("study", file, "--out", out)
    assert more.exit_code == 0, more.output
    said = " ".join(more.stdout.split())
    assert "finished, kept: 1 evokd tiny 1-shot seed 2" in said
    assert "new: 1 evokd tiny 1-shot seed 3" in said
    assert "left out of results): 1 evokd tiny 1-shot seed 1" in said
    rows = [json.loads(line) for line in (out / "results.jsonl").read_text("utf-8").splitlines()]
    assert [row["seed"] for row in rows] == [2, 3]
    assert len(list((out / "runs").iterdir())) == 3

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    tables = ("study.yaml", "cells.jsonl", "results.jsonl", "curves.csv", "predictions.jsonl")
    for name in tables:
        shutil.copy(out / name, elsewhere)
    file = write_study(tiny, text=HEAD + "set: {loop.rounds: 1}\ngrid: {seed: [2, 3, 4]}")
    moved = evokd("study", file, "--out", elsewhere)
    assert moved.exit_code == 0 and "2 cells ended earlier, 1 to run" in moved.stdout
    assert not moved.stderr
    for name in ("results.jsonl", "curves.csv", "predictions.jsonl"):
        before, now = ((d / name).read_text("utf-8").splitlines() for d in (out, elsewhere))
        assert now[: len(before)] == before and len(now) > len(before), name
    assert len(list((elsewhere / "runs").iterdir())) == 1

    (elsewhere / "curves.csv").unlink()
    lost = evokd("study", file, "--out", elsewhere)
    assert lost.exit_code == 0 and "2 finished cells" in lost.stderr
    assert "curves.csv" in lost.stderr


def test_verbose_has_a_line_for_each_call_of_each_cell(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    file = write_study(tiny, text=HEAD + "set: {loop.rounds: 1}\ngrid: {seed: [1, 2]}")
    said = evokd("study", file, "--out", out, "--workers", 2, "--verbose")
    assert said.exit_code == 0, said.output
    words = " ".join(said.stdout.split())
    rows = [json.loads(line) for line in (out / "results.jsonl").read_text("utf-8").splitlines()]
    for row in rows:
        title = f"called evokd tiny 1-shot seed {row['seed']} 40,000 tokens: round 1"
        calls = json.loads(evokd("tokens", out / row["run"], "--by", "call", "--json").stdout)
        assert words.count(title) == len(calls["rows"]) > 0
        for call in calls["rows"]:
            tokens = f"{call['prompt_tokens']} + {call['completion_tokens']} tokens"
            assert f"{title} {call['target']} call {call['id'][:8]} scripted ok {tokens}" in words

    refused = evokd("study", file, "--out", out, "--verbose", "--ray", "auto")
    assert refused.exit_code == 2 and "--verbose beside --ray" in refused.stderr


def test_a_failed_cell_is_said_and_the_exit_code_is_1(tiny: Path, tmp_path: Path) -> None:
    wild = "set: {student.lr: 1.0e+30, student.warm_up_epochs: 20, loop.rounds: 1}"
    file = write_study(tiny, text=f"{HEAD}{wild}\ngrid: {{}}")
    result = evokd("study", file, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "failed  evokd tiny" in result.stdout and "training diverged" in result.stdout
    assert "--retry-failed" in result.stderr


def test_wrong_usage(tiny: Path, tmp_path: Path) -> None:
    file = write_study(tiny, text=HEAD + "grid: {shots: [1, 99]}")
    for command in (("study", file, "--out", tmp_path / "out"), ("plan", file)):
        result = evokd(*command)
        assert result.exit_code == 2
        assert "1 of 2 cells can't run" in result.stderr and "99-shot" in result.stderr
    assert evokd("study", tiny / "tiny.yaml").exit_code == 2
    assert evokd("study", tiny / "gone.yaml").exit_code == 2
    assert not (tmp_path / "out").exists()


def test_plan_adds_up(tiny: Path) -> None:
    grid = "grid: {method: [evokd, static, no_aug], seed: [1, 2], budget: [3000, 4000]}"
    file = write_study(tiny, text=f"{HEAD}set: {{loop.rounds: 1}}\n{grid}")
    result = evokd("plan", file, "--format", "json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    methods = {row["method"]: row for row in document["methods"]}
    assert [methods[name]["cells"] for name in ("evokd", "static", "no_aug")] == [4, 4, 2]
    assert methods["evokd"]["at_most_tokens"] == 2 * (3000 + 4000)
    assert methods["no_aug"]["calls"] == methods["no_aug"]["at_most_tokens"] == 0
    single = json.loads(
        evokd("plan", tiny / "tiny.yaml", "--set", "loop.rounds=1", "--format", "json").stdout
    )["total"]
    assert methods["evokd"]["calls"] == 4 * single["calls"]
    assert methods["evokd"]["prompt_tokens"] == pytest.approx(4 * single["prompt_tokens"], rel=0.1)
    total = document["total"]
    assert total["calls"] == sum(row["calls"] for row in methods.values())
    assert total["usd"] is None, "an unknown price is not 0"
    table = evokd("plan", file).stdout
    assert all(len(line) <= 80 for line in table.splitlines())


def a_cell(tiny: Path, tmp_path: Path) -> Cell:
    text = STUDY.format(kind="ablation").replace("tiny.yaml", str(tiny / "tiny.yaml"))
    return Study.load(write_study(tmp_path, text=text), out=tmp_path / "out").cells[0]


def test_the_display(
    tiny: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from io import StringIO

    from rich.console import Console

    monkeypatch.setattr(live, "_is_terminal", lambda: False)
    cell = a_cell(tiny, tmp_path)
    progress = StudyProgress(total=4, ended=1, failed=1, tokens=100)
    row = {"status": "done", "metric": "f1", "score": 0.5, "billed_tokens": 700, "reason": ""}
    row["wall_s"] = 2.0
    drawn = []
    for news in (CellProgress("begun", cell), CellProgress("spent", cell, 450), ended(cell, row)):
        progress(news)
        screen = Console(file=StringIO(), width=80)
        screen.print(progress._render())
        text = screen.file
        assert isinstance(text, StringIO)
        drawn.append(text.getvalue())
    assert "0 of 4 done, 1 failed, 1 running" in drawn[0]
    assert "550" in drawn[1] and "450 tokens" in drawn[1]
    assert "1 of 4 done, 1 failed, 0 running" in drawn[2] and "left" in drawn[2]
    assert "F1 0.500, 700 tokens, 2.0 s" in capsys.readouterr().out


def test_an_interrupt_is_answered_at_once(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = a_cell(tiny, tmp_path)
    progress = StudyProgress(total=1, ended=0, failed=0, tokens=0)
    for news in (
        CellProgress("begun", cell),
        stopping(cell, again=False),
        stopping(cell, again=True),
    ):
        progress(news)
    said = capsys.readouterr().out.splitlines()
    assert said[1].endswith(f"{cell.axes.title}: stopping after this step; again to abort it")
    assert said[2].endswith(f"{cell.axes.title}: aborting this step")


def test_a_screen_that_went_away_ends_nothing(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError

    progress = StudyProgress(total=1, ended=0, failed=0, tokens=0)
    monkeypatch.setattr("builtins.print", gone)
    progress(CellProgress("begun", a_cell(tiny, tmp_path)))


def test_quiet_and_json_print_the_end_alone(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    file = write_study(tiny, text=HEAD + "set: {loop.rounds: 1}\ngrid: {seed: [1]}")
    first = evokd("study", file, "--out", out, "--json")
    assert first.exit_code == 0 and first.stderr == "", first.output
    document = json.loads(first.stdout)
    assert (document["status"], document["done"], document["failed"]) == ("done", 1, 0)
    (row,) = [
        json.loads(line)
        for line in Path(document["results"]).read_text("utf-8").split("\n")
        if line
    ]
    assert document["billed_tokens"] == row["billed_tokens"]
    assert Path(document["page"]).is_file()
    again = evokd("study", file, "--out", out, "--quiet")
    assert again.stdout == f"{out} done: 1 of 1 cells done, 0 failed {out / 'study.html'}\n"
