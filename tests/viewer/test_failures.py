"""What a reader must know first: failures, reasons, a run that goes on, names of cells."""

from __future__ import annotations

import fcntl
import json
import sqlite3
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from evokd.viewer.report import report
from tests.runs.made_run import Maker, make_run
from tests.viewer.conftest import Browse
from tests.viewer.failing_run import NO_JSON, fail, make_failing, make_live, make_young
from tests.viewer.test_files import take_all
from tests.viewer.test_web import HOSTILE, Page


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Path]:
    """A run that fails, one that goes on, one that just began, one that is fine."""
    folder = tmp_path / "runs"
    make_failing(folder / "failing")
    make_live(folder / "live")
    make_young(folder / "young")
    make_run(folder / "fine")
    with (folder / "live" / ".lock").open("w") as one, (folder / "young" / ".lock").open() as two:
        fcntl.flock(one, fcntl.LOCK_EX)
        fcntl.flock(two, fcntl.LOCK_EX)
        yield folder


@pytest.fixture
def client(runs: Path, browse: Browse) -> TestClient:
    return browse(runs)


def words(client: TestClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text[:300]
    return " ".join(Page(answer.text).text.split())


def test_a_run_that_failed_often_does_not_look_fine(client: TestClient) -> None:
    said = words(client, "/run?run=failing")
    assert "done 53 of 93 calls unusable" in said
    assert "hard_generator 40 of 62 calls failed" in said
    assert "32 rejected" in said and "11 cancelled" in said and "10 error" in said
    assert "the budget ended the run: 1,080 of 4,000 tokens" in said
    assert 'class="alarm"' in client.get("/run?run=failing").text
    fine = client.get("/run?run=fine").text
    assert 'class="alarm"' not in fine and "unusable" not in fine


def test_each_reason_leads_to_its_calls_and_on_through_them(client: TestClient) -> None:
    page = Page(client.get("/run?run=failing").text)
    ways = [link for link in page.links if link.startswith("/calls") and "reason=" in link]
    found = {}
    for way in ways:
        asked = parse_qs(urlsplit(way).query)
        found[asked["reason"][0]] = words(client, way)
    assert "30 calls fit" in found[NO_JSON]
    busy = "HTTP 429: rate limit of N reached, try again in Ns"
    assert "10 calls fit" in found[busy] and "try again in 35.5s" in found[busy]
    assert f"Only calls that came to nothing because: {busy}" in found[busy]
    assert "2 calls fit" in found["the analysis is empty"]
    listed = Page(client.get(next(way for way in ways if "429" in way)).text)
    call = next(link for link in listed.links if link.startswith("/call?"))
    assert "1 of 10 calls that fit" in words(client, call), "next and previous stay in the list"
    assert "no calls" not in words(client, "/calls?run=failing&q=reason:json")
    assert "30 calls fit" in words(client, "/calls?run=failing&q=reason:json")


@pytest.mark.parametrize("run", ["failing", "live", "young"])
def test_tables_of_what_failed_and_what_goes_on_can_be_taken(client: TestClient, run: str) -> None:
    assert take_all(client, f"/run?run={run}")["csv"] >= (0 if run == "young" else 3)
    found = client.get("/download/run?run=failing&table=reasons&format=jsonl").text.splitlines()
    first = json.loads(found[0])
    assert (first["reason"], first["calls"], first["status"]) == (NO_JSON, 30, "rejected")
    open_calls = client.get("/download/run?run=live&table=in_flight&format=jsonl").text
    assert json.loads(open_calls.splitlines()[0])["model"]


def test_the_table_of_runs_is_marked(client: TestClient) -> None:
    html = client.get("/").text
    assert html.count("53 of 93 calls unusable") == 1
    assert "/calls?run=failing&amp;status=failed" in html
    assert "starting" in html and "damaged" not in html


def test_failed_and_waiting_runs_say_why_first(tmp_path: Path, browse: Browse) -> None:
    for status, reason in (("failed", "HTTP 401: no key"), ("waiting", "12 rows wait")):
        maker = Maker(tmp_path / "runs" / status)
        maker.end()
        maker.save(status, reason)
    client = browse(tmp_path / "runs")
    assert "HTTP 401: no key" in words(client, "/") and "12 rows wait" in words(client, "/")
    for status, reason in (("failed", "HTTP 401: no key"), ("waiting", "12 rows wait")):
        said = words(client, f"/run?run={status}")
        assert said.index(reason) < said.index("test macro-F1")
    assert "/review?run=waiting" in client.get("/run?run=waiting").text


def test_a_few_retries_are_told_and_alarm_nobody(tmp_path: Path, browse: Browse) -> None:
    maker = Maker(tmp_path / "runs" / "one")
    maker.round(1, ["a", "b", "c", "d"])
    fail(maker, 1, "analyst", "hard_generator", "rejected", NO_JSON)
    maker.end()
    html = browse(tmp_path / "runs").get("/run?run=one").text
    assert "1 of 10 calls unusable: a few retries" in html
    assert 'class="alarm"' not in html and 'class="mark"' not in html


def test_a_round_without_an_analysis_says_why_and_leads_to_the_call(
    client: TestClient, runs: Path
) -> None:
    html = client.get("/round?run=failing&round=2").text
    said = " ".join(Page(html).text.split())
    assert "its replies could not be used: the analysis is empty the analyst’s call" in said
    (call,) = [
        link for link in Page(html).links if link.startswith("/call?") and "run=failing" in link
    ]
    assert "the analysis is empty" in words(client, call)
    assert "its replies could not be used" in report(runs / "failing")


def test_a_run_that_goes_on_says_what_it_does(client: TestClient) -> None:
    said = words(client, "/run?run=live")
    assert "Round 2. At work: labeler" in said and "2 calls in flight" in said
    assert "75 of 400 tokens used, 118 more reserved" in said
    assert "labeler: 2 of 50 calls used, 2 more reserved" in said
    assert "left, estimated: 75 tokens took" in said
    html = client.get("/run?run=live").text
    assert "at-work" in html and 'href="/run?run=live">Look again' in html
    assert "Look again" not in client.get("/run?run=fine").text


def test_live_changes_when_a_call_leaves(runs: Path, client: TestClient) -> None:
    before = client.get("/live?run=live").json()
    assert before["status"] == "running"
    db = sqlite3.connect(runs / "live" / "ledger.sqlite")
    names = [
        row[1] for row in db.execute("PRAGMA table_info(calls)") if row[1] not in ("seq", "id")
    ]
    listed = ", ".join(names)
    db.execute(f"INSERT INTO calls (id, {listed}) SELECT 'x', {listed} FROM calls LIMIT 1")
    db.commit()
    db.close()
    assert client.get("/live?run=live").json()["stamp"] != before["stamp"]


def test_a_young_run_is_starting(client: TestClient) -> None:
    for address in ("/run?run=young", "/"):
        said = words(client, address)
        assert "starting" in said
        assert "can’t be read" not in said and "is not there" not in said
    assert client.get("/live?run=young").json()["status"] == "running", "the page goes on asking"


def test_cells_go_by_their_names(tmp_path: Path, browse: Browse) -> None:
    study = tmp_path / "curve"
    (study / "runs").mkdir(parents=True)
    (study / "study.yaml").write_text("name: curve")
    rows = [
        {"cell": "0a1b", "method": "pool", "task": "trec6", "variant": "margin", "shots": 1,
         "seed": 2, "budget": 6000, "run": "runs/0a1b"},
        {"cell": "ffff", "method": HOSTILE, "task": "trec6", "seed": 1, "run": "runs/ffff"},
    ]  # fmt: skip
    (study / "cells.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    make_failing(study / "runs" / "0a1b")
    make_run(study / "runs" / "ffff")
    client = browse(tmp_path)
    name = "pool trec6 margin 1-shot seed 2 6,000 tokens"
    for address in ("/", "/run?run=curve/runs/0a1b", "/study?study=curve", "/?q=margin"):
        assert name in words(client, address), address
    assert "53 of 93 calls unusable" in words(client, "/study?study=curve")
    assert name in words(client, "/round?run=curve/runs/0a1b&round=1")
    page = Page(client.get("/run?run=curve/runs/ffff").text)
    assert "img" not in page.tags and page.tags.count("script") == 1


def test_what_a_server_said_is_shown_and_does_nothing(tmp_path: Path, browse: Browse) -> None:
    maker = Maker(tmp_path / "runs" / "one")
    maker.round(1, ["a"])
    for _ in range(9):
        fail(maker, 1, "analyst", "hard_generator", "error", HOSTILE)
    maker.end()
    maker.save("failed", HOSTILE)
    client = browse(tmp_path / "runs")
    for address in ("/", "/run?run=one", "/calls?run=one&status=error&reason=x"):
        html = client.get(address).text
        page = Page(html)
        assert page.tags.count("script") == 1 and "img" not in page.tags, address
        assert "\u202e" not in html and "\x00" not in html
    (way,) = [one for one in Page(client.get("/run?run=one").text).links if "reason=" in one]
    assert "9 calls fit" in words(client, unescape(way))
    assert client.get("/calls", params={"run": "one", "reason": HOSTILE}).status_code == 200


def test_the_report_begins_with_score_and_failures_and_has_one_machine(runs: Path) -> None:
    html = report(runs / "failing")
    said = " ".join(Page(html).text.split())
    places = [said.index(one) for one in ("macro-F1 0.550", "53 of 93 calls unusable", "HTTP 429")]
    assert places == sorted(places) and places[-1] < said.index("State machineScores")
    assert html.count('type="radio"') == 3 and html.count(" checked") == 1
    assert html.count('<div class="by-') == 3
    assert all(link.startswith("#") for link in Page(html).links)
    assert "Look again" not in html
