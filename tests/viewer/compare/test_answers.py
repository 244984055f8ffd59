"""Who got which test row right, over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

from starlette.testclient import TestClient

from tests.runs.made_run import Made
from tests.viewer.compared_runs import RUNS, answers, read
from tests.viewer.conftest import Browse


def test_who_got_which_test_row(client: TestClient) -> None:
    said = read(client, "/compare/answers", *RUNS)
    assert "Nothing may be steered by them" in said
    assert "A right 1 1 2" in said and "A wrong 1 1 2" in said and "all 2 2 4" in said
    assert "A − B +0.000 (95 % −" in said and "p 1 McNemar" in said
    assert "only A (1) only B (1) both (1) neither (1)" in said
    assert "test-1 <script>" in said, "its text, which does nothing"
    assert "right answer A said B said test-1" in said and "negative negative positive" in said
    said = read(client, "/compare/answers", *RUNS, ("who", "b"))
    assert "test-2 Bad lid. negative positive negative" in said and "test-1 " not in said
    said = read(client, "/compare/answers", *RUNS, ("who", "neither"), ("label", "positive"))
    assert "Nothing to show here." in said
    said = read(client, "/compare/answers", *RUNS, ("student", "refit-1"))
    assert "both (4)" in said


def test_test_rows_without_their_texts_or_answers(
    client: TestClient, two: tuple[Made, Made]
) -> None:
    test = two[0].path.parent / "test.jsonl"
    test.write_text('{"text": "other"}')
    said = read(client, "/compare/answers", *RUNS)
    assert "is not the file that the run read" in said and "other" not in said.split("Rows")[-1]
    answers(two[1], ["x"], ["positive"], None)
    assert "3 rows of A and 0 of B have no counterpart" in read(client, "/compare/answers", *RUNS)
    (two[1].path / "test_predictions.json").write_text("[")
    assert "is no JSON" in read(client, "/compare/answers", *RUNS)
    (two[1].path / "test_predictions.json").unlink()
    said = read(client, "/compare/answers", *RUNS)
    assert "two: test_predictions.json: is not there" in said
    said = read(client, "/compare/answers", *RUNS, ("run", "one"))
    assert "All pairs" in said and "A and C 0 0 +0.000" in said


def test_cells_of_a_study_are_ticked_and_compared(
    two: tuple[Made, Made], tmp_path: Path, browse: Browse
) -> None:
    study = tmp_path / "runs" / "s"
    study.mkdir()
    (study / "study.yaml").write_text("name: s")
    lines = "".join(
        f'{{"cell": "{n}", "run": "runs/{n}", "method": "evokd"}}\n' for n in ("a", "b")
    )
    (study / "cells.jsonl").write_text(lines)
    (study / "runs").mkdir()
    kept = []
    for name, made in zip(("a", "b"), two, strict=True):
        target = study / "runs" / name
        made.path.rename(target)
        kept.append({"cell": name, **json.loads((target / "test_predictions.json").read_text())})
        (target / "test_predictions.json").unlink()
    (study / "predictions.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in kept))
    client = browse(tmp_path / "runs")
    source = client.get("/study?study=s").text
    assert 'action="/compare"' in source and source.count('name="run" value="s/runs/') == 2
    pairs = (("run", "s/runs/a"), ("run", "s/runs/b"))
    assert "A right 1 1 2" in read(client, "/compare/answers", *pairs), "by the study's file"
