"""The page that takes a person's verdicts: with the token and from its own form alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from evokd.runs.review import read_review
from evokd.store.artefacts import Artefacts, dumps
from evokd.viewer.app import application
from tests.runs.made_run import Maker
from tests.viewer.test_web import HOSTILE

PORT, PEN = 7862, "pen-of_this-start"
AT = f"http://127.0.0.1:{PORT}"
OURS = {"origin": AT}


def row(name: str, text: str) -> dict[str, object]:
    vote = {"voter": 0, "label": "happy", "probability": 0.6, "reason": HOSTILE}
    return {
        "row": name, "text": text, "label": "negative", "rejected": False,
        "votes": [vote | {"label": "negative"}],
        "critic": {"action": "accept", "label": "negative", "reason": HOSTILE},
        "student": {"label": "positive", "confidence": 0.5},
    }  # fmt: skip


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    """A run that waits for verdicts on two rows."""
    path = tmp_path / "runs" / "one"
    made = Maker(path)
    rows = [row("r001-h001", HOSTILE), row("r001-h002", "<b>good</b>")]
    config = (path / "config.yaml").read_text(encoding="utf-8")
    data = "  data: {train: /nowhere.jsonl, test: /nowhere.jsonl}\n"
    (path / "config.yaml").write_text(config.replace("task:\n", f"task:\n{data}"), encoding="utf-8")
    ref = Artefacts(path / "artefacts").put(rows)
    folder = path / "rounds" / "001"
    folder.mkdir(parents=True)
    (folder / "review.jsonl").write_text("".join(f"{dumps(one)}\n" for one in rows), "utf-8")
    made.info["waiting"] = {"round": 1, "rows": ref}
    made.save("waiting", "rows wait")
    made.ledger.close_database()
    made.events.close()
    return path


@pytest.fixture
def client(waiting: Path) -> Iterator[TestClient]:
    app = application(waiting.parent, PORT, pen=PEN)
    client = TestClient(app, AT, raise_server_exceptions=False, follow_redirects=False)
    yield client
    client.close()


def form(client: TestClient, **fields: str) -> dict[str, str]:
    """A form as the page has it, for the holder of the token."""
    client.get(f"/?token={PEN}")
    page = client.get("/review?run=one").text
    (mark,) = set(re.findall(r'name="mark" value="([0-9a-f]+)"', page))
    return {"mark": mark, "run": "one", "row": "r001-h001", "action": "accept", **fields}


def test_to_look_takes_no_token_and_offers_no_button(client: TestClient) -> None:
    page = client.get("/review?run=one")
    assert page.status_code == 200 and "<form" not in page.text
    assert "token that" in page.text and page.headers["referrer-policy"] == "same-origin"
    assert 'href="/review?run=one"' in client.get("/run?run=one").text


def test_a_verdict_is_written_and_the_next_row_comes(client: TestClient, waiting: Path) -> None:
    answer = client.post("/review", data=form(client), headers=OURS)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/review?run=one&row=r001-h002"
    again = form(client, row="r001-h002", action="relabel", label="positive")
    assert client.post("/review", data=again, headers=OURS).headers["location"] == "/review?run=one"
    review = read_review(waiting)
    assert not review.open and review.decisions["r001-h002"].label == "positive"
    page = client.get("/review?run=one&row=r001-h002").text
    assert "All rows have their verdicts" in page and "take back" in page
    back = form(client, action="open")
    assert client.post("/review", data=back, headers=OURS).status_code == 303
    assert read_review(waiting).open == ["r001-h001"]
    files = {path.name for path in (waiting / "rounds" / "001").iterdir()}
    assert files == {"review.jsonl", "verdicts.jsonl"}


def test_nothing_that_a_model_wrote_acts(client: TestClient) -> None:
    form(client)
    for name in ("r001-h001", "r001-h002"):
        page = client.get(f"/review?run=one&row={name}").text
        assert "<script>" not in page.replace('<script src="/assets/viewer.js" defer>', "")
        assert (
            "<b>" not in page
            and "<img" not in page
            and "onerror" not in re.sub(r"&lt;.*?&gt;", "", page)
        )


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
    client: TestClient, waiting: Path, headers: dict[str, str]
) -> None:
    answer = client.post("/review", data=form(client), headers=headers)
    assert answer.status_code in (403, 421)
    assert len(read_review(waiting).open) == 2


def test_without_the_token_or_the_mark_nothing_is_written(
    client: TestClient, waiting: Path
) -> None:
    good = form(client)
    for mark in ("", "0" * 64):
        assert client.post("/review", data=good | {"mark": mark}, headers=OURS).status_code == 409
    client.cookies.clear()
    assert client.post("/review", data=good, headers=OURS).status_code == 403
    client.cookies.set(f"evokd_{PORT}", f"{PEN}x")
    assert client.post("/review", data=good, headers=OURS).status_code == 403
    assert len(read_review(waiting).open) == 2


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"row": "r009-x001"}, 409),
        ({"run": "../one"}, 404),
        ({"action": "agree"}, 404),
        ({"action": "relabel"}, 404),
        ({"action": "relabel", "label": "<b>"}, 409),
        ({"label": "positive"}, 404),
        ({"label": "x" * 200_000, "action": "relabel"}, 409),
    ],
)
def test_a_form_that_says_no_verdict(
    client: TestClient, waiting: Path, fields: dict[str, str], status: int
) -> None:
    answer = client.post("/review", data=form(client, **fields), headers=OURS)
    assert answer.status_code == status and "<b>" not in answer.text
    assert len(read_review(waiting).open) == 2


def test_other_pages_take_no_post_and_without_a_pen_this_one_neither(
    client: TestClient, waiting: Path
) -> None:
    good = form(client)
    for path in ("/", "/run", "/row", "/review/", "/live"):
        assert client.post(path, data=good, headers=OURS).status_code == 405
    bare = TestClient(application(waiting.parent, PORT), AT)
    assert bare.post("/review", data=good, headers=OURS).status_code == 405
    assert bare.get("/review?run=one").status_code == 200


def test_a_link_out_of_the_run_is_not_written_through(
    client: TestClient, waiting: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.jsonl"
    elsewhere.write_text("", encoding="utf-8")
    good = form(client)
    (waiting / "rounds" / "001" / "verdicts.jsonl").symlink_to(elsewhere)
    assert client.post("/review", data=good, headers=OURS).status_code == 409
    assert elsewhere.read_text(encoding="utf-8") == ""


def test_a_run_that_waits_for_nobody_says_so(client: TestClient, waiting: Path) -> None:
    about = json.loads((waiting / "run.json").read_text(encoding="utf-8"))
    (waiting / "run.json").write_text(json.dumps(about | {"status": "done"}), encoding="utf-8")
    assert client.get("/review?run=one").status_code == 404
    assert client.get("/review?run=nothing").status_code == 404
