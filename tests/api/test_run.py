"""What a run shows: tables, lineage, predictions, pictures; hostile text can't act."""

from __future__ import annotations

import builtins
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import evokd
from evokd.runs.run import read_run
from evokd.runs.totals import read_totals


def test_its_tables_are_what_the_reader_reads(finished: evokd.Run) -> None:
    metrics = finished.metrics
    assert list(metrics["round"]) == [0, 1, 2]
    assert metrics["test.macro_f1"].between(0, 1).all()
    assert finished.score == metrics["test.macro_f1"].iloc[-1]
    calls, edges, rows = finished.calls, finished.edges, finished.rows
    billed = read_totals(read_run(finished.directory), "edge")["billed"]
    assert len(calls) == billed["calls"] == edges["calls"].sum()
    assert edges["prompt_tokens"].sum() == calls["prompt_tokens"].sum() == billed["prompt_tokens"]
    assert edges["useful_tokens"].sum() == metrics["useful_tokens"].iloc[-1]
    assert set(rows["round"]) == {1, 2} and rows["row"].is_unique
    accepted = rows["verdict"].isin(["accept", "relabel"]).sum()
    assert accepted == metrics["accepted"].sum()


def test_without_pandas_there_are_plain_rows(
    finished: evokd.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "pandas":
            raise ImportError(name)
        return load(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match="pip install pandas"):
        _ = finished.metrics
    assert [line["round"] for line in finished.to_dicts("metrics")] == [0, 1, 2]
    with pytest.raises(ValueError, match="expected metrics"):
        finished.to_dicts("scores")  # type: ignore[arg-type]


def test_a_row_is_traced_both_ways(finished: evokd.Run) -> None:
    first = finished.to_dicts("rows")[0]
    trace = finished.trace(first["row"])
    assert trace.row.text == first["text"]
    assert trace.to_dict()["back"]["tokens"] == pytest.approx(trace.tokens, abs=1e-3)
    assert first["text"] in str(trace)
    assert finished.trace(first["parents"][0]).forward.answers
    with pytest.raises(evokd.ConfigError, match="no such row"):
        finished.trace("r9")


def test_predictions_have_probabilities(finished: evokd.Run) -> None:
    one, other = finished.predict(["good", "bad"])
    assert one["text"] == "good" and set(one["probabilities"]) == {"negative", "positive"}
    assert sum(one["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert one["probabilities"][one["label"]] == one["confidence"]
    assert finished.predict("bad") == [other]
    assert finished.predict([]) == []
    with pytest.raises(evokd.ConfigError, match="text 2: expected a text"):
        finished.predict(["good", " "])


def test_its_graph_is_a_picture(finished: evokd.Run) -> None:
    graph = finished.graph
    assert "analyst → easy_generator" in str(graph)
    assert "--> trainer" in graph.mermaid
    assert graph._repr_html_().count("<svg") == 1 and "END" in graph._repr_html_()


def test_hostile_text_is_shown_as_text(finished: evokd.Run, tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>\x1b[2J"
    copy = Path(shutil.copytree(finished.directory, tmp_path / "run"))
    db = sqlite3.connect(copy / "events.sqlite")
    row = finished.to_dicts("rows")[0]["row"]
    query = "UPDATE events SET body = json_set(body, '$.text', ?) WHERE row = ? AND type='drafted'"
    with db:
        assert db.execute(query, (bad, row)).rowcount == 1
    db.close()
    (copy / "run.json").write_text(f'{{"status": "done", "reason": "{bad[:25]}"}}', "utf-8")
    run = evokd.load(copy)
    for html in (run._repr_html_(), run.trace(row)._repr_html_()):
        assert "<script" not in html and "&lt;script" in html
    assert "\x1b" not in str(run.trace(row))


def test_no_run_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(evokd.ConfigError, match="holds no run"):
        evokd.load(tmp_path)
    with pytest.raises(evokd.ConfigError, match="holds no study"):
        evokd.load_study(tmp_path)


def test_a_damaged_run_says_so(finished: evokd.Run, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(finished.directory, tmp_path / "run"))
    (copy / "ledger.sqlite").write_bytes(b"no database")
    run = evokd.load(copy)
    with pytest.raises(evokd.Unreadable, match=r"ledger\.sqlite"):
        _ = run.edges
    assert "ledger.sqlite" in run._repr_html_()
