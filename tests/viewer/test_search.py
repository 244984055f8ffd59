"""Search in the viewer: words, fields, snippets, next and previous; hostile text and queries."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from evokd.runs.search import index as search_index
from evokd.runs.search.index import TooSlow
from evokd.viewer.call_list import FILTERS
from tests.runs.made_run import Made, Maker, make_run
from tests.viewer.conftest import Browse
from tests.viewer.test_web import HOSTILE, Page


@pytest.fixture
def client(made: Made, browse: Browse) -> TestClient:
    return browse(made.path.parent)


def calls(client: TestClient, **asked: str) -> list[str]:
    """Ids of the calls on the page, in order."""
    answer = client.get("/calls", params={"run": "one", **asked})
    assert answer.status_code == 200, answer.text[:400]
    links = [link for link in Page(answer.text).links if link.startswith("/call?")]
    return [link.rpartition("call=")[2] for link in links]


def test_words_find_calls_and_are_marked(made: Made, client: TestClient) -> None:
    assert calls(client, q="phone") == [made.calls[1], made.calls[3]]
    assert calls(client, q="phone -great") == [made.calls[3]]
    assert calls(client, q='"is a phone"') == [made.calls[3]]
    assert calls(client, q="unheard") == []
    html = client.get("/calls?run=one&q=phone").text
    assert "Great <mark>phone</mark>." in html and "2 calls fit" in html
    assert "Nothing to show" in client.get("/calls?run=one&q=unheard").text


def test_without_words_each_call_shows_how_it_begins(client: TestClient) -> None:
    text = Page(client.get("/calls?run=one").text).text
    assert "write a review" in text and "Lovely lid." in text


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        ({"q": "agent:labeler"}, [2, 4, 7, 9]),
        ({"agent": "labeler"}, [2, 4, 7, 9]),
        ({"q": "agent:LABEL", "round": "2"}, [7, 9]),
        ({"q": "positive", "target": "labeler"}, [2, 7]),
        ({"q": "review round:2 -agent:labeler"}, [5, 6, 8]),
        ({"q": "from:warm_up"}, [0]),
        ({"round": "1-2", "target": "analyst", "sort": "-round"}, [5, 0]),
        ({"q": "phone", "sort": "-seq"}, [3, 1]),
        ({"status": "failed"}, []),
        ({"q": "status:ok model:model-1 lid"}, [6, 8]),
        ({"q": "?!"}, list(range(10))),
        ({"status": "no status", "round": "x"}, list(range(10))),
    ],
)
def test_fields_and_filters_in_the_address(
    made: Made, client: TestClient, asked: dict[str, str], places: list[int]
) -> None:
    assert calls(client, **asked) == [made.calls[place] for place in places]


def test_failed_calls_are_one_link_away(tmp_path: Path, browse: Browse) -> None:
    maker = Maker(tmp_path / "runs" / "one")
    wrong = [maker.call(1, "analyst", "labeler", "No.", status=s) for s in ("rejected", "error")]
    maker.call(1, "analyst", "labeler", "Yes.")
    maker.end()
    client = browse(tmp_path / "runs")
    assert calls(client, status="failed") == calls(client, q="status:failed") == wrong
    assert calls(client, q="-status:failed") == maker.calls[2:]


def test_what_can_not_be_meant_is_said_on_the_page(client: TestClient) -> None:
    assert "status:odd is passed over" in client.get("/calls?run=one&q=status:odd").text
    assert "round=x is passed over" in client.get("/calls?run=one&round=x").text


@given(st.text(max_size=60) | st.text('"-*:() agentroundOR\0\ud800', max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_no_query_gives_an_error_page(client: TestClient, typed: str) -> None:
    q = typed.encode(errors="replace").decode()
    names = ("q", *FILTERS, "sort", "page")
    answer = client.get("/calls", params={"run": "one", **dict.fromkeys(names, q), "q": q})
    assert answer.status_code == 200
    assert client.get("/search", params={"q": q}).status_code == 200
    assert client.get("/live", params={"run": "one", "q": q}).status_code == 200


def test_what_a_model_wrote_does_nothing_in_a_snippet(tmp_path: Path, browse: Browse) -> None:
    made = make_run(tmp_path / "runs" / "one", [[HOSTILE, "<mark>title</mark>"]])
    client = browse(tmp_path / "runs")
    for address in (
        "/calls?run=one",
        "/calls?run=one&q=title",
        "/calls?run=one&q=script",
        f"/call?run=one&call={made.calls[1]}&q=title+onload",
    ):
        answer = client.get(address)
        page = Page(answer.text)
        assert page.tags.count("script") == 1 and not {"img", "svg"} & set(page.tags), address
        assert not [name for name in page.attributes if name.startswith("on")]
        assert "\u202e" not in answer.text and "\x1b" not in answer.text
    html = client.get("/calls?run=one&q=title").text
    assert "&lt;mark&gt;<mark>title</mark>&lt;/mark&gt;" in html
    assert "<mark>title</mark>=&#39;owned&#39;" in html


def test_a_hostile_query_is_shown_and_does_nothing(client: TestClient) -> None:
    for path in ("/calls", "/search", "/call"):
        answer = client.get(path, params={"run": "one", "q": HOSTILE, "status": HOSTILE})
        page = Page(answer.text)
        assert page.tags.count("script") == 1 and "img" not in page.tags


def test_next_and_previous_keep_the_search(made: Made, client: TestClient) -> None:
    answer = client.get("/calls?run=one&q=lid&sort=-seq").text
    (first, last) = [link for link in Page(answer).links if link.startswith("/call?")]
    assert first.endswith(made.calls[8]) and "q=lid" in first and "sort=-seq" in first
    html = client.get(first).text
    assert "1 of 2 calls that fit" in Page(html).text and "<mark>Lid</mark>." in html
    assert f'call={made.calls[6]}" rel="next"' in html and 'rel="prev"' not in html
    html = client.get(last).text
    assert f'call={made.calls[8]}" rel="prev"' in html and 'rel="next"' not in html
    assert "/calls?run=one&q=lid&sort=-seq" in Page(html).links


def test_without_a_search_one_goes_through_all_calls(made: Made, client: TestClient) -> None:
    html = client.get(f"/call?run=one&call={made.calls[4]}").text
    assert "5 of 10 calls" in Page(html).text
    assert f'/call?run=one&amp;call={made.calls[3]}" rel="prev"' in html
    html = client.get(f"/call?run=one&call={made.calls[4]}&q=unheard").text
    assert "not in the list" in html and 'rel="next"' not in html


def test_boxes_lead_to_the_calls(client: TestClient) -> None:
    for address in ("/", "/run?run=one", "/calls?run=one"):
        html = client.get(address).text
        assert 'type="search" name="q"' in html and 'role="search"' in html, address


def test_all_runs_are_searched_and_the_ones_that_fit_are_listed(
    tmp_path: Path, browse: Browse
) -> None:
    make_run(tmp_path / "runs" / "one")
    make_run(tmp_path / "runs" / "two", [["A kettle.", "A pan."]])
    study = tmp_path / "runs" / "curve"
    make_run(study / "runs" / "c1", [["A kettle.", "Kettle!"]])
    (study / "study.yaml").write_text("name: curve")
    client = browse(tmp_path / "runs")
    page = Page(client.get("/search?q=kettle").text)
    assert "3 calls fit, in 3 of 3 runs" in page.text
    assert {"/calls?run=two&q=kettle", "/calls?run=curve%2Fruns%2Fc1&q=kettle"} <= set(page.links)
    assert "/calls?run=one&q=kettle" not in page.links
    assert "2 calls fit, in 1 of 1 runs" in client.get("/search?study=curve&q=kettle").text
    assert client.get("/search?study=nothing&q=kettle").status_code == 404
    assert client.get("/search").status_code == 200


def test_a_live_run_finds_what_has_just_come(tmp_path: Path, browse: Browse) -> None:
    maker = Maker(tmp_path / "runs" / "one")
    client = browse(tmp_path / "runs")
    assert calls(client, q="kettle") == []
    before = client.get("/live?run=one&q=kettle").json()["stamp"]
    call = maker.call(1, "analyst", "hard_generator", "A kettle.")
    assert client.get("/live?run=one&q=kettle").json()["stamp"] != before
    assert calls(client, q="kettle") == [call]
    maker.end()


def test_while_an_index_is_made_the_page_says_so_and_asks_again(
    made: Made, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"run": "one", "q": "phone"}
    with monkeypatch.context() as slow:
        slow.setattr(search_index, "MOST_CALLS", 2)
        slow.setattr("evokd.viewer.call_list.CATCH_UP_S", 0.0)
        slow.setattr("evokd.runs.search.builder.Builder.ask", lambda *_: None)
        html = client.get("/calls", params=asked).text
        assert "The index of this run is being made" in html and "1 call fits" in html
        assert 'data-status="running"' in html
        live = client.get("/live", params=asked).json()
        assert live["status"] == "running" and f'data-stamp="{live["stamp"]}"' in html
        assert "are still being made" in client.get("/search?q=phone").text
    assert len(calls(client, q="phone")) == 2
    assert client.get("/live", params=asked).json()["status"] == "done"


def test_without_a_cache_the_calls_are_read_one_by_one(
    made: Made, client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert calls(client, q="phone -lovely") == [made.calls[1], made.calls[3]]
    html = client.get("/calls?run=one&q=phone").text
    assert "So the calls were read one by one: all of them." in html
    assert client.get("/live?run=one&q=phone").json()["status"] == "done"


def test_a_search_that_takes_too_long_is_given_up_and_says_so(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object) -> None:
        raise TooSlow

    monkeypatch.setattr(search_index.SearchIndex, "find", slow)
    html = client.get("/calls?run=one&q=phone").text
    assert "The search took too long and was given up" in html and "0 calls fit" in html


def test_prompts_begin_where_they_differ_and_not_with_a_prefill(
    made: Made, client: TestClient
) -> None:
    with sqlite3.connect(made.path / "events.sqlite") as db:
        for place, word in ((2, "lids"), (4, "kettles")):
            asked = f"{'You label product reviews with one word. ' * 3}Review: about {word}"
            body = {"messages": [["user", asked], ["assistant", "Label:"]], "reply": "ok"}
            where = "WHERE type = 'called' AND call = ?"
            update = f"UPDATE events SET body = ? {where}"
            db.execute(update, (json.dumps(body), made.calls[place]))
    db.close()
    text = Page(client.get("/calls?run=one&agent=labeler&round=1").text).text
    assert "…lids" in text and "…kettles" in text and "Label:" not in text
    assert "…lids" not in Page(client.get("/calls?run=one&q=lids").text).text


def test_a_damaged_index_never_shows(made: Made, client: TestClient, tmp_path: Path) -> None:
    assert calls(client, q="phone")
    (file,) = (tmp_path / "cache").rglob("*.sqlite")
    file.write_text("This is no database.\n" * 500)
    assert calls(client, q="phone lid -unheard") == []
    assert calls(client, q="great") == [made.calls[1]]


@pytest.mark.parametrize("gone", ["ledger.sqlite", "events.sqlite"])
def test_a_damaged_run_is_searched_as_far_as_it_goes(
    made: Made, client: TestClient, gone: str
) -> None:
    (made.path / gone).write_text("no database")
    for address in ("/calls?run=one&q=phone", "/search?q=phone", "/calls?run=one"):
        answer = client.get(address)
        assert answer.status_code == 200 and f"{gone}: can" in answer.text, address


def test_a_call_whose_text_can_not_be_read_still_stands_in_the_list(
    made: Made, client: TestClient
) -> None:
    with sqlite3.connect(made.path / "events.sqlite") as db:
        db.execute("UPDATE events SET body = ? WHERE type = 'called'", (json.dumps([1]),))
    db.close()
    assert calls(client) == made.calls
