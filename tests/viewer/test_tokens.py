"""The page of tokens: a round over time, edges by round, what became of the tokens."""

from __future__ import annotations

import json
import re
import sqlite3
from html import unescape
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from evokd.ledger.timeline import calls_of, round_edges
from evokd.runs.earned import read_earned
from evokd.runs.run import read_run
from evokd.runs.timeline import timeline
from evokd.runs.totals import read_edges
from evokd.viewer import waterfall as module
from evokd.viewer.views import tokens
from evokd.viewer.waterfall import waterfall
from tests.runs.made_run import Made, Maker, make_run
from tests.runs.test_timeline import call
from tests.viewer.conftest import Browse
from tests.viewer.test_web import HOSTILE, Page


def asked(client: TestClient, **values: object) -> str:
    answer = client.get(f"/tokens?{urlencode({'run': 'one', **values})}")
    assert answer.status_code == 200, answer.text[-900:]
    page = Page(answer.text)
    assert not [name for name in page.attributes if name.startswith("on") or name == "style"]
    assert page.tags.count("table") == page.tags.count("caption")
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def time_calls(run: Path, seconds: float = 2.0) -> None:
    """A call each second, so long each."""
    db = sqlite3.connect(run / "ledger.sqlite")
    for (seq,) in db.execute("SELECT seq FROM calls").fetchall():
        at = f"2026-11-27T10:{seq // 60:02d}:{seq % 60:02d}.000000+00:00"
        end = seq + seconds
        closed = f"2026-11-27T10:{int(end) // 60:02d}:{int(end) % 60:02d}.000000+00:00"
        db.execute("UPDATE calls SET opened_at = ?, closed_at = ? WHERE seq = ?", (at, closed, seq))
    db.commit()
    db.close()


def test_a_round_over_time(made: Made, browse: Browse) -> None:
    time_calls(made.path)
    client = browse(made.path.parent)
    said = asked(client)
    assert "Round 2 over time" in said and "calls 5 tokens 75" in said
    assert "time 6.0 s with calls in flight 6.0 s" in said
    assert "in flight 1.7 on average, 2 at most" in said
    assert "labeler: ok, 15 tokens (10 + 5), 2.0 s" in said
    html = client.get("/tokens?run=one&round=1").text
    assert "Round 1 over time" in html
    assert html.count('class="waterfall') == 0 and 'class="picture waterfall" role="group"' in html
    calls = re.findall(r'<a href="/call\?run=one&amp;call=([^&]+)&amp;round=1"', html)
    assert sorted(calls) == sorted(made.calls[:5])
    assert "No call has been made" not in said
    assert "Round 2 over time" in asked(client, round=99)


def test_sums_are_those_of_the_books(made: Made) -> None:
    run = read_run(made.path)
    books = read_edges(run)
    db = sqlite3.connect(made.path / "ledger.sqlite")
    found = round_edges(db)
    for edge in books.edges:
        mine = [one for one in found if (one.source, one.target) == (edge.source, edge.target)]
        assert sum(one.billed for one in mine) == edge.billed
        assert sum(one.calls for one in mine) == edge.calls
        assert sum(one.usd for one in mine) == pytest.approx(edge.usd)
    rounds = {one.round for one in found}
    assert rounds == {1, 2}
    for where in rounds:
        here = [one for one in found if one.round == where]
        first, last = min(one.first for one in here), max(one.last for one in here)
        ids = [one.id for one in calls_of(db, where, first, last, 100)]
        assert ids == made.calls[5 * (where - 1) : 5 * where]
    db.close()


def test_what_became_of_the_tokens(made: Made, browse: Browse) -> None:
    earned = {one.name: one for one in read_earned(read_run(made.path))}
    writer = earned["analyst → hard_generator"]
    assert (writer.billed, writer.accepted, writer.refused, writer.other) == (60, 30, 30, 0)
    assert writer.rows == 2 and writer.per_thousand == pytest.approx(1000 * 2 / 60)
    analyst = earned["warm_up → analyst"]
    assert (analyst.accepted, analyst.refused, analyst.rows) == (7.5, 7.5, 1)
    said = asked(browse(made.path.parent))
    assert "analyst → hard_generator 60 40 % 0.0001 2 33.33 50 % 50 % 0 %" in said
    assert "can’t be said from one run" in said
    assert "1 5 0 50 25 75 0.0001" in said, "round 1 in the table"
    client = browse(made.path.parent)
    lines = client.get("/download/tokens?run=one&table=edges.table&format=jsonl").text.splitlines()
    known = {line["name"]: line for line in map(json.loads, lines)}
    line = known["analyst → hard_generator"]
    assert (line["rows"], line["share"], line["refused"], line["other"]) == (2, 0.5, 0.5, 0)
    assert known["warm_up → analyst"]["billed"] == 15


def test_what_failed_served_no_row_and_has_another_form(tmp_path: Path, browse: Browse) -> None:
    maker = Maker(tmp_path / "runs" / "one")
    maker.call(1, "warm_up", "analyst", "no use", status="rejected")
    maker.call(1, "warm_up", "analyst", "x", status="cancelled")
    maker.round(1, ["Great.", "It is."])
    maker.end()
    time_calls(maker.path)
    earned = {one.name: one for one in read_earned(read_run(maker.path))}
    assert earned["warm_up → analyst"].other == 30
    html = browse(tmp_path / "runs").get("/tokens?run=one").text
    assert "analyst: rejected, 15 tokens" in html and "analyst: cancelled" in html
    assert html.count('class="cross"') == 2 and html.count("call lost") == 2, "one in the legend"
    assert html.count("call hollow") == 2


def test_only_some_are_drawn_and_the_rest_is_summed(
    made: Made, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_calls(made.path)
    monkeypatch.setattr(module, "MOST_BARS", 3)
    said = asked(browse(made.path.parent), round=1)
    assert "The 3 longest are drawn; 2 others took 4.0 s and 30 tokens together." in said
    monkeypatch.setattr(tokens, "MOST_CALLS", 2)
    client = browse(made.path.parent)
    said = asked(client, round=1)
    assert "calls 2 of 5" in said and "the next" in said and "the first" not in said
    html = client.get("/tokens?run=one&round=1").text
    following = re.search(r"from=(\d+)", html)
    assert following is not None
    said = asked(client, round=1, **{"from": following[1]})
    assert (
        "the first" in said
        and made.calls[2] in client.get(f"/tokens?run=one&round=1&from={following[1]}").text
    )
    asked(client, round=1, **{"from": 10**8})


def test_a_cell_of_a_study_leads_to_its_table(tmp_path: Path, browse: Browse) -> None:
    study = tmp_path / "runs" / "study"
    make_run(study / "runs" / "c1")
    (study / "cells.jsonl").write_text("{}\n", encoding="utf-8")
    (study / "study.yaml").write_text("variants: [{loop.switches.critic: false}]", "utf-8")
    client = browse(tmp_path / "runs")
    html = client.get("/tokens?run=study/runs/c1").text
    assert "a study that switches edges off" in html and "can’t be said from one run" not in html
    assert 'href="/study?study=study"' in html
    (study / "study.html").write_text("x", encoding="utf-8")
    assert "/left/study/-/study.html" in client.get("/tokens?run=study/runs/c1").text
    (study / "study.yaml").write_text("seeds: [1]", encoding="utf-8")
    html = client.get("/tokens?run=study/runs/c1").text
    assert "switches edges off" not in html and "a cell of the study" in html


def test_a_run_without_books_says_so(made: Made, browse: Browse) -> None:
    (made.path / "ledger.sqlite").unlink()
    said = asked(browse(made.path.parent))
    assert "No call has been made yet." in said and "ledger.sqlite: is not there" in said
    assert "What became of the tokens" not in said


def test_no_rows_no_shares(made: Made, browse: Browse) -> None:
    (made.path / "synthetic.jsonl").unlink()
    assert "hard_generator 60 40 % 0.0001 – – – – –" in asked(browse(made.path.parent))


def test_unknown_prices_give_no_cost(made: Made, browse: Browse) -> None:
    db = sqlite3.connect(made.path / "ledger.sqlite")
    db.execute("UPDATE calls SET usd = NULL WHERE seq = 1")
    db.commit()
    db.close()
    said = asked(browse(made.path.parent))
    assert "1 5 0 50 25 75 unknown" in said and "USD so far" not in said


def test_what_a_role_is_called_never_acts() -> None:
    bad = call(1, 0, 3)._replace(agent=HOSTILE, id=HOSTILE)
    found = timeline([bad, call(2, 1, 9, "error")])
    assert found is not None
    svg = waterfall("Calls", found, [HOSTILE], lambda _: None)
    ElementTree.fromstring(svg)
    assert "<script" not in svg and "\u202e" not in svg
    many = timeline([call(n, n, n + 40)._replace(agent=f"role {n % 12}") for n in range(60)])
    assert many is not None
    svg = waterfall("Calls", many, [f"role {n}" for n in range(12)], lambda one: f"/call?{one}")
    assert module.REST in svg
    heights = {float(one) for one in re.findall(r'height="([\d.]+)" class="call whole"', svg)}
    assert min(heights) >= 2


def test_the_last_time_is_not_cut() -> None:
    found = timeline([call(1, 0, 10)])
    assert found is not None
    root = ElementTree.fromstring(waterfall("Calls", found, ["labeler"], lambda _: None))
    times = [
        one for one in root.iter() if one.get("class") == "tick" and (one.text or "")[-1:] == "s"
    ]
    anchors = [one.get("text-anchor") for one in times]
    assert len(times) > 3 and anchors == ["middle"] * (len(times) - 1) + ["end"]
