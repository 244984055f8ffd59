"""Rows of results, curves and classes against the run directories they come from."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from evokd.store.run_dir import RunDir, read_lines
from evokd.store.sqlite import connect_read_only
from evokd.studies.report.results import read_results
from evokd.studies.run.folder import as_csv
from evokd.studies.run.record import CURVE, class_rows, curve_rows, result_row
from evokd.studies.study import Study
from tests.runs.made_measures import measured
from tests.studies.conftest import STUDY, write_study

BILLED = "status NOT IN ('replayed', 'unsent')"


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def rows_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "results.jsonl").read_text("utf-8").splitlines()]


def tokens_until(run: Path, number: int) -> int:
    with closing(connect_read_only(run / "ledger.sqlite")) as db:
        (tokens,) = db.execute(
            "SELECT COALESCE(SUM(prompt_tokens + completion_tokens), 0) FROM calls"
            f" WHERE {BILLED} AND round <= ?",
            (number,),
        ).fetchone()
    return int(tokens)


def test_edges_add_up_to_what_was_billed(quiet: Path) -> None:
    runs = {row["cell"]: quiet / row["run"] for row in rows_of(quiet)}
    lines = table(quiet / "curves.csv")
    assert len(lines) == 4 * 4  # rounds 0 to 3
    edges = [name for name in lines[0] if name.startswith("tokens:")]
    assert "tokens:warm_up→analyst" in edges and "tokens:analyst→easy_generator" in edges
    for line in lines:
        number = int(line["round"])
        billed = int(line["billed_tokens"])
        assert sum(int(line[edge] or 0) for edge in edges) == billed
        assert billed == tokens_until(runs[line["cell"]], number)
        metrics = read_lines(runs[line["cell"]] / "metrics.jsonl")[number]
        assert billed == metrics["billed_tokens"]
        assert float(line["macro_f1"]) == metrics["test"]["macro_f1"] == float(line["score"])
        assert int(line["steps"]) == metrics["student_steps"]
    without = {line["variant"] for line in lines if not line["tokens:analyst→easy_generator"]}
    assert without == {"no_easy"}


def test_results_say_what_the_run_says(quiet: Path) -> None:
    for row in rows_of(quiet):
        run = RunDir.open(quiet / row["run"])
        metrics = read_lines(run.metrics)
        assert row["billed_tokens"] == tokens_until(run.path, 10**6) == row["useful_tokens"]
        assert row["macro_f1"] == metrics[-1]["test"]["macro_f1"]
        assert row["start_macro_f1"] == metrics[0]["test"]["macro_f1"] == row["start_score"]
        assert row["accepted"] == len(read_lines(run.synthetic))
        assert row["steps"] == metrics[-1]["student_steps"] > 0
        assert row["rounds"] == 3
        assert row["wall_s"] > 0 and row["versions"]["evokd"]


def test_classes(quiet: Path) -> None:
    lines = table(quiet / "classes.csv")
    assert len(lines) == 4 * 3 * 2  # cells, rounds, classes
    for row in rows_of(quiet):
        written = read_lines(quiet / row["run"] / "synthetic.jsonl")
        expected = Counter((line["round"], line["label"]) for line in written)
        own = [line for line in lines if line["cell"] == row["cell"]]
        for line in own:
            assert int(line["rows"]) == expected[int(line["round"]), line["class"]]
        assert sum(int(line["rows"]) for line in own) == row["accepted"]


def test_the_report_reads_the_files(quiet: Path) -> None:
    read = read_results(quiet)
    assert len(read.cells) == len(read.done) == read.study_file.cells == 4
    assert (
        read.study_file.kind == "adaptability"
        and len(read.points) == 16
        and len(read.classes) == 24
    )
    assert sum(read.points[-1].edges.values()) == read.points[-1].billed_tokens


def changed(quiet: Path, tiny: Path, tmp_path: Path) -> tuple[Any, RunDir]:
    """The first cell of the quiet study, and a copy of its run to be changed."""
    text = STUDY.format(kind="ablation").replace("tiny.yaml", str(tiny / "tiny.yaml"))
    cell = Study.load(write_study(tmp_path, text=text), out=tmp_path).cells[0]
    return cell, RunDir(Path(shutil.copytree(quiet / "runs" / cell.id, tmp_path / "run")))


def test_leaked_rows_are_counted(quiet: Path, tiny: Path, tmp_path: Path) -> None:
    cell, run = changed(quiet, tiny, tmp_path)
    rejected = run.path / "rounds" / "001" / "rejected.jsonl"
    lines = [{"row": n, "reason": r} for n, r in enumerate(["equals a held-out row", "empty"])]
    rejected.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    row = result_row(cell, run, "done", "budget.tokens is reached", "run")
    assert row["leaked"] == 1 and not row["flat"]


def test_a_method_that_ended_by_itself_is_flat(quiet: Path, tiny: Path, tmp_path: Path) -> None:
    cell, run = changed(quiet, tiny, tmp_path)
    for reason, flat in (
        ("nothing left to do: every seed text was paraphrased", True),
        ("3 rounds in a row without an accepted row", True),
        ("no rounds asked for", False),
        ("3 rounds done", False),
        ("budget.tokens is reached", False),
    ):
        assert result_row(cell, run, "done", reason, "run")["flat"] is flat
    assert result_row(cell, run, "failed", "nothing left to do", "run")["flat"] is False


def test_class_scores_where_a_run_has_them(quiet: Path, tiny: Path, tmp_path: Path) -> None:
    cell, run = changed(quiet, tiny, tmp_path)
    lines = read_lines(run.metrics)
    for number, line in enumerate(lines):
        line["class_f1"] = {"negative": number / 10, "positive": 1.0}
    run.metrics.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    found = {(r["round"], r["class"]): r["f1_before"] for r in class_rows(cell, run)}
    assert found[1, "negative"] == 0.0 and found[3, "negative"] == 0.2
    assert found[2, "positive"] == 1.0


def test_a_run_that_left_nothing(quiet: Path, tiny: Path, tmp_path: Path) -> None:
    cell, _ = changed(quiet, tiny, tmp_path)
    row = result_row(cell, RunDir(tmp_path / "gone"), "failed", "killed", "runs/gone")
    assert row["status"] == "failed" and row["reason"] == "killed"
    assert row["billed_tokens"] is None and row["macro_f1"] is None and row["wall_s"] is None


def test_calls_of_an_unfinished_round_wait_for_its_line(
    quiet: Path, tiny: Path, tmp_path: Path
) -> None:
    cell, run = changed(quiet, tiny, tmp_path)
    lines = run.metrics.read_text(encoding="utf-8").splitlines(keepends=True)
    run.metrics.write_text("".join(lines[:2]), encoding="utf-8")
    last = list(curve_rows(cell, run))[-1]
    assert last["round"] == 1 and last["billed_tokens"] == tokens_until(run.path, 1)
    assert last["billed_tokens"] < tokens_until(run.path, 9)


def test_who_sees_texts_of_the_pool_is_told(quiet: Path, tiny: Path, tmp_path: Path) -> None:
    cell, run = changed(quiet, tiny, tmp_path)
    loop = cell.config.loop.model_copy(update={"pool_share": 0.5})
    sharing = replace(cell, config=cell.config.model_copy(update={"loop": loop}))
    for one, real in ((cell, False), (sharing, True)):
        assert result_row(one, run, "done", "", "run")["real_texts"] is real
        assert {row["real_texts"] for row in curve_rows(one, run)} == {real}


def test_measures_of_representation_stand_in_the_curves(
    quiet: Path, tiny: Path, tmp_path: Path
) -> None:
    cell, run = changed(quiet, tiny, tmp_path)
    assert not any("vendi" in row for row in curve_rows(cell, run)), "nobody asked for them"
    lines = read_lines(run.metrics)
    for number, line in enumerate(lines[1:], 1):
        line["representation"] = measured(8 * number, 2.0 * number)
    run.metrics.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    found = list(curve_rows(cell, run))
    assert [row.get("vendi") for row in found] == [None, 2.0, 4.0, 6.0]
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "curves.csv").write_text(as_csv(CURVE, found), encoding="utf-8")
    (tmp_path / "study" / "results.jsonl").write_text(
        json.dumps(result_row(cell, run, "done", "", "run")) + "\n", encoding="utf-8"
    )
    points = read_results(tmp_path / "study").points
    assert [point.representation.get("vendi") for point in points] == [None, 2.0, 4.0, 6.0]
    assert points[1].representation["student_test_separability"] == -0.05
    assert sum(points[-1].edges.values()) == points[-1].billed_tokens
