"""Notes on rows and calls: with the token, from our own pages alone, shown wherever these are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from evokd.runs.notes import read_notes
from evokd.store.notes import NAME, Note, append_note
from evokd.viewer.app import application
from tests.runs.made_run import Made
from tests.viewer.conftest import Browse
from tests.viewer.test_web import HOSTILE, Page

PORT, PEN = 7863, "pen-of_this-start"
AT = f"http://127.0.0.1:{PORT}"
OURS = {"origin": AT}
ROW = "/row?run=one&row=r001-h001"


@pytest.fixture
def client(made: Made) -> Iterator[TestClient]:
    app = application(made.path.parent, PORT, pen=PEN)
    client = TestClient(app, AT, raise_server_exceptions=False, follow_redirects=False)
    yield client
    client.close()


def form(client: TestClient, page: str = ROW, **fields: str) -> dict[str, str]:
    """The form of a page, for the holder of the token."""
    client.get(f"/?token={PEN}")
    html = client.get(page).text
    (found,) = re.findall(r'<form method="post" action="/notes".*?</form>', html, re.DOTALL)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', found))
    pairs = {name: value.replace("&amp;", "&") for name, value in hidden.items()}
    return {**pairs, "text": "", "verdict": "pass", **fields}


def post(client: TestClient, data: dict[str, str], headers: dict[str, str] = OURS) -> int:
    return client.post("/notes", data=data, headers=headers).status_code


def test_to_look_takes_no_token_and_offers_no_form(client: TestClient, made: Made) -> None:
    for page in (ROW, f"/call?run=one&call={made.calls[1]}", "/notes?run=one"):
        answer = client.get(page)
        assert answer.status_code == 200 and 'method="post"' not in answer.text
    assert "token that" in client.get("/notes?run=one").text


def test_a_note_is_written_and_the_reader_stays_in_the_list(client: TestClient, made: Made) -> None:
    page = "/row?run=one&row=r001-h001&list=data&q=e&sort=-round"
    answer = client.post("/notes", data=form(client, page, text=" so\nso "), headers=OURS)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/row?list=data&q=e&sort=-round&run=one&row=r001-h001"
    line = json.loads((made.path / NAME).read_text("utf-8"))
    assert (line["kind"], line["id"], line["verdict"], line["text"]) == (
        "row", "r001-h001", "pass", "so so",
    )  # fmt: skip
    shown = client.get(ROW).text
    assert 'value="so so"' in shown and 'aria-pressed="true"' in shown
    assert client.get(ROW).headers["referrer-policy"] == "same-origin"
    call = f"/call?run=one&call={made.calls[1]}"
    assert post(client, form(client, call, verdict="fail")) == 303
    assert [one.mark for one in read_notes(made.path).by_id.values()] == ["pass", "fail"]
    assert post(client, form(client, call, verdict="gone", text="left")) == 303
    assert [one.kind for one in read_notes(made.path).by_id.values()] == ["row"]


def test_a_note_that_was_written_meanwhile_is_not_lost(client: TestClient, made: Made) -> None:
    old = form(client)
    assert post(client, form(client, text="theirs")) == 303
    answer = client.post("/notes", data=old | {"text": "mine"}, headers=OURS)
    assert answer.status_code == 409 and "meanwhile" in answer.text
    note = read_notes(made.path).get("row", "r001-h001")
    assert note is not None and note.text == "theirs"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": AT, "sec-fetch-site": "same-site"},
        {"origin": AT, "host": "evil.example"},
    ],
)
def test_a_form_of_another_page_is_refused(
    client: TestClient, made: Made, headers: dict[str, str]
) -> None:
    assert post(client, form(client), headers) in (403, 421)
    assert not (made.path / NAME).exists()


def test_without_the_token_or_the_mark_nothing_is_written(client: TestClient, made: Made) -> None:
    good = form(client)
    for mark in ("", "0" * 64):
        assert post(client, good | {"mark": mark}) == 409
    for path in ("/row", "/call", "/round", "/download/run", "/notes/"):
        assert client.post(path, data=good, headers=OURS).status_code == 405
    client.cookies.clear()
    assert post(client, good) == 403
    bare = TestClient(application(made.path.parent, PORT), AT)
    assert bare.post("/notes", data=good, headers=OURS).status_code == 405
    assert not (made.path / NAME).exists()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"id": "r009-x001"}, 404),
        ({"id": "../../etc/passwd"}, 404),
        ({"kind": "call"}, 404),
        ({"kind": "round"}, 404),
        ({"run": "../one"}, 404),
        ({"verdict": "maybe"}, 404),
        ({"text": "x" * 2_000}, 409),
        ({"text": "x" * 200_000}, 409),
    ],
)
def test_a_form_that_says_no_note(
    client: TestClient, made: Made, fields: dict[str, str], status: int
) -> None:
    assert post(client, form(client, **fields)) == status
    assert not (made.path / NAME).exists()


@pytest.mark.parametrize(
    "back", ["//evil.example/x", "https://evil.example/?row=2", "/\\evil.example", "javascript:1"]
)
def test_the_way_back_leads_to_this_server(client: TestClient, back: str) -> None:
    answer = client.post("/notes", data=form(client, back=back), headers=OURS)
    assert answer.status_code == 303
    assert re.fullmatch(r"/row\?run=one&row=r001-h001", answer.headers["location"])


def test_a_link_out_of_the_run_is_not_written_through(client: TestClient, made: Made) -> None:
    elsewhere = made.path.parent.parent / "elsewhere.jsonl"
    elsewhere.write_text("", encoding="utf-8")
    (made.path / NAME).symlink_to(elsewhere)
    assert post(client, form(client)) == 409
    assert elsewhere.read_text(encoding="utf-8") == ""


def test_what_somebody_noted_is_shown_everywhere_and_does_nothing(
    made: Made, browse: Browse
) -> None:
    append_note(made.path, Note("row", "r001-h001", "fail", HOSTILE))
    append_note(made.path, Note("call", made.calls[1], "", HOSTILE))
    with (made.path / NAME).open("a", encoding="utf-8") as file:
        file.write(f"{HOSTILE}\n")
    client = browse(made.path.parent)
    call = f"/call?run=one&call={made.calls[1]}"
    pages = (ROW, call, "/notes?run=one", "/round?run=one&round=1", "/data?run=one",
             "/calls?run=one", "/row?run=one&row=train-1", "/compare?run=one&run=one")  # fmt: skip
    for address in pages:
        html = client.get(address).text
        page = Page(html)
        assert page.tags.count("script") == 1 and "img" not in page.tags, address
        assert not [name for name in page.attributes if name.startswith("on")], address
        assert "\u202e" not in html and "\x1b" not in html and "\x00" not in html, address
        if address != pages[-1]:  # two equal runs have no row that one alone has
            assert re.search(r'class="tag note (fail|noted)"', html), address
        if address in pages[:3]:
            assert "⟨RLO⟩gnp.exe ⟨ESC⟩[31m ⟨NUL⟩" in page.text and "{{ 7*7 }}" in page.text
            assert "a line can’t be read" in page.text or "a line can't be read" in page.text


def test_tables_are_filtered_by_notes(made: Made, browse: Browse) -> None:
    append_note(made.path, Note("row", "r001-h001", "pass"))
    append_note(made.path, Note("row", "r001-h002", "", "odd"))
    append_note(made.path, Note("call", made.calls[3], "fail"))
    client = browse(made.path.parent)

    def rows(address: str, path: str = "/row?") -> list[str]:
        html = client.get(address).text.rpartition("<tbody>")[2]
        found = re.findall(r'<th scope="row"><a href="([^"]*)"', html)
        return [link.rpartition("=")[2] for link in found if link.startswith(path)] and [
            re.search(r"(?:row|call)=([\w-]+)", link.replace("&amp;", "&"))[1]  # type: ignore[index]
            for link in found
        ]

    texts = "/round?run=one&round=1"
    assert rows(f"{texts}&note=any") == ["r001-h001", "r001-h002"]
    assert rows(f"{texts}&note=pass") == ["r001-h001"] and rows(f"{texts}&note=fail") == []
    assert rows("/data?run=one&note=pass") == ["r001-h001"]
    assert rows("/data?run=one&note=fail") == [] and len(rows("/data?run=one&note=what")) == 2
    assert rows("/calls?run=one&note=any", "/call?") == [made.calls[3]]
    assert rows("/calls?run=one&note=pass", "/call?") == []
    assert rows("/calls?run=one&note=fail&q=phone", "/call?") == [made.calls[3]]
    assert rows("/calls?run=one&note=fail&q=great", "/call?") == []
    assert rows("/notes?run=one&kind=row&note=pass") == ["r001-h001"]
    assert rows("/notes?run=one&q=ODD") == ["r001-h002"]
    # a new note is seen at once, though lists are kept
    append_note(made.path, Note("call", made.calls[1], "pass"))
    assert rows("/calls?run=one&note=any", "/call?") == [made.calls[1], made.calls[3]]


def test_one_goes_on_through_the_notes(made: Made, browse: Browse) -> None:
    for name in ("r001-h002", "r002-h001", "r001-h001"):
        append_note(made.path, Note("row", name, "pass", at=f"2026-01-0{name[-1]}{name[3]}"))
    client = browse(made.path.parent)
    links = Page(client.get("/notes?run=one&sort=id").text).links
    first = next(link for link in links if "row=r001-h001" in link and link.startswith("/row"))
    html = client.get(first).text
    assert "1 of 3 rows with notes" in html and 'rel="up">notes</a>' in html
    onwards = next(link for link in Page(html).links if "row=r001-h002" in link)
    assert "2 of 3 rows with notes" in client.get(onwards).text


def test_the_notes_of_a_run_can_be_taken(made: Made, browse: Browse) -> None:
    append_note(made.path, Note("row", "r001-h001", "fail", "=1+1"))
    append_note(made.path, Note("call", made.calls[1], "pass", "fine"))
    client = browse(made.path.parent)
    address = "/download/notes?table=table&run=one&sort=kind"
    lines = [json.loads(line) for line in client.get(f"{address}&format=jsonl").text.splitlines()]
    assert [(line["id"], line["mark"], line["text"], line["about"]) for line in lines] == [
        (made.calls[1], "pass", "fine", "Great phone."),
        ("r001-h001", "fail", "=1+1", "Great phone."),
    ]
    table = client.get(f"{address}&format=csv").text
    assert "'=1+1" in table and ",=1+1" not in table
