"""The viewer over HTTP: every page and link, and what a model wrote, which is never run."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.testclient import TestClient

from evokd.store.events import Audited
from tests.runs.made_run import Made, Maker, make_run
from tests.viewer.conftest import Browse

HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "\u202egnp.exe \x1b[31m \x00 '\"><svg onload=alert(1)> {{ 7*7 }} </pre></textarea>"
)
PAGES = (
    "/",
    "/?q=one&status=done&method=evokd&sort=-tokens",
    "/run?run=one",
    "/run?run=one&measure=useful",
    "/run?run=one&measure=freight&sort=-test.macro_f1",
    "/round?run=one&round=0",
    "/round?run=one&round=1&agent=hard_generator&label=positive&verdict=accept&q=phone",
    "/row?run=one&row=r002-h001",
    "/row?run=one&row=train-1",
    "/calls?run=one&target=labeler&sort=-tokens",
    "/compare",
    "/compare?run=one&run=one&only=b",
    "/compare/rounds?run=one",
    "/compare/rounds?run=one&run=one&fate=accepted",
    "/compare/answers?run=one&run=one",
    "/compare/templates?run=one&run=one",
    "/compare/calls?run=one&run=one&role=labeler",
    "/student?run=one&kind=test",
    "/tokens?run=one&round=1&sort=-billed",
    "/data?run=one&q=lid&label=positive&kind=hard&round=2&sort=-text",
)


class Page(HTMLParser):
    """Links, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.links += [value for name, value in attrs if name == "href" and value]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def client(made: Made, browse: Browse) -> TestClient:
    return browse(made.path.parent)


@pytest.mark.parametrize("address", PAGES)
def test_every_page_opens_and_runs_nothing_inline(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text[:400]
    page = Page(answer.text)
    assert not [name for name in page.attributes if name.startswith("on") or name == "style"]
    scripts = 2 if address.startswith("/student") else 1
    assert page.tags.count("script") == scripts and "<style" not in answer.text
    assert page.tags.count("h1") == 1
    assert page.tags.count("table") == page.tags.count("caption"), "each table says what it is"


def test_every_link_leads_somewhere(client: TestClient) -> None:
    seen, waiting = set(), ["/"]
    while waiting:
        address = waiting.pop()
        answer = client.get(address, follow_redirects=True)
        assert answer.status_code == 200, address
        if "text/html" not in answer.headers["content-type"]:
            continue
        for link in Page(answer.text).links:
            target = urlsplit(urljoin(f"http://127.0.0.1:7860{address}", link))
            assert target.netloc == "127.0.0.1:7860", "no page leads out"
            found = f"{target.path}?{target.query}" if target.query else target.path
            # orders and filters of a table lead to the same page
            kind = re.sub(r"&?(sort|only|measure)=[^&]*", "", found)
            if kind not in seen:
                seen.add(kind)
                waiting.append(found)
    kinds = {urlsplit(one).path for one in seen}
    assert {"/run", "/round", "/row", "/calls", "/call", "/compare", "/data"} <= kinds


def test_filters_and_orders_change_what_is_shown(client: TestClient) -> None:
    rejected = Page(client.get("/round?run=one&round=1&verdict=reject").text).text
    assert "It is a phone." in rejected and "Great phone." not in rejected.split("Texts of")[1]
    found = Page(client.get("/data?run=one&q=lovely").text).text
    assert "1 of 2 rows" in found
    down = client.get("/data?run=one&sort=-round").text
    assert down.index("r002-h001") < down.index("r001-h001")
    assert 'aria-sort="descending"' in down
    assert "No run" not in client.get("/").text
    assert "Nothing to show" in client.get("/?q=nobody").text


def test_what_a_model_wrote_is_shown_and_does_nothing(tmp_path: Path, browse: Browse) -> None:
    made = make_run(tmp_path / "runs" / "one", [[HOSTILE, HOSTILE]], name="h")
    client = browse(tmp_path / "runs")
    addresses = ["/round?run=one&round=1", "/data?run=one", "/row?run=one&row=r001-h001",
                 f"/call?run=one&call={made.calls[1]}", "/compare?run=one&run=one"]  # fmt: skip
    for address in addresses:
        html = client.get(address).text
        page = Page(html)
        assert page.tags.count("script") == 1 and "img" not in page.tags, address
        assert not [name for name in page.attributes if name.startswith("on")]
        assert "\u202e" not in html and "\x1b" not in html and "\x00" not in html
        if address != addresses[-1]:
            assert "⟨RLO⟩gnp.exe ⟨ESC⟩[31m ⟨NUL⟩" in page.text, address
            assert "{{ 7*7 }}" in page.text


def test_a_hostile_address_is_shown_and_does_nothing(client: TestClient) -> None:
    answer = client.get("/", params={"q": HOSTILE, "sort": HOSTILE, "page": HOSTILE})
    assert answer.status_code == 200
    assert Page(answer.text).tags.count("script") == 1
    answer = client.get("/run", params={"run": HOSTILE})
    assert answer.status_code == 404 and Page(answer.text).tags.count("script") == 1


def test_a_reply_of_a_megabyte_is_cut_and_one_link_away(tmp_path: Path, browse: Browse) -> None:
    long = "<b>spam</b>" * 100_000
    made = make_run(tmp_path / "runs" / "one", [[long, "b"]])
    client = browse(tmp_path / "runs")
    address = f"/call?run=one&call={made.calls[1]}"
    html = client.get(address).text
    assert len(html) < 200_000
    (link,) = {one for one in Page(html).links if one.startswith("/text") and "part=reply" in one}
    whole = client.get(link)
    assert whole.text == long
    assert whole.headers["content-type"] == "text/plain; charset=utf-8"
    for page in ("/round?run=one&round=1", "/data?run=one", "/row?run=one&row=r001-h001"):
        assert len(client.get(page).text) < 2_500_000


@pytest.mark.parametrize(
    "gone",
    ["run.json", "config.yaml", "metrics.jsonl", "events.sqlite", "ledger.sqlite",
     "synthetic.jsonl", ".lock"],
)  # fmt: skip
@pytest.mark.parametrize("how", ["missing", "cut", "other"])
def test_a_damaged_run_opens_with_what_is_readable(
    made: Made, browse: Browse, gone: str, how: str
) -> None:
    file = made.path / gone
    if how == "missing":
        file.unlink(missing_ok=True)
    elif how == "cut" and file.exists():
        file.write_bytes(file.read_bytes()[: max(3, file.stat().st_size // 2)])
    else:
        file.write_text("[1, 2")
    client = browse(made.path.parent)
    for address in (
        "/",
        "/run?run=one",
        "/data?run=one",
        "/calls?run=one",
        "/compare?run=one&run=one",
    ):
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.text[-300:])
    for address in ("/round?run=one&round=1", "/row?run=one&row=r001-h001"):
        assert client.get(address).status_code in (200, 404), address
    told = client.get("/data?run=one" if gone == "synthetic.jsonl" else "/run?run=one").text
    # half a YAML or a database cut at its end may still be read
    if gone != ".lock" and how != "cut" and not (gone == "metrics.jsonl" and how == "missing"):
        assert "can’t be read" in told or "can&#39;t be read" in told or gone in told


def test_a_folder_without_runs_says_what_a_run_is(tmp_path: Path, browse: Browse) -> None:
    assert "No run lies in" in browse(tmp_path).get("/").text


def test_viewing_writes_nothing(made: Made, client: TestClient) -> None:
    def state() -> dict[str, tuple[int, int]]:
        files = made.path.parent.rglob("*")
        return {str(f): (f.stat().st_mtime_ns, f.stat().st_size) for f in files if f.is_file()}

    before = state()
    for address in PAGES:
        client.get(address)
    assert state() == before


def test_a_study_shows_its_cells_and_what_it_left(tmp_path: Path, browse: Browse) -> None:
    study = tmp_path / "studies" / "curve"
    (study / "figures").mkdir(parents=True)
    (study / "study.yaml").write_text("name: curve")
    (study / "cells.jsonl").write_text(
        '{"cell": "c1", "method": "evokd", "run": "runs/c1", "seed": 1}\n'
    )
    (study / "results.jsonl").write_text('{"cell": "c1", "status": "done", "score": 0.875}\n')
    (study / "study.html").write_text("<script>alert(1)</script><a href='./runs/c1/'>run</a>")
    (study / "figures" / "curve.svg").write_text("<svg/>")
    (study / "notes.txt").write_text("private")
    make_run(study / "runs" / "c1")
    client = browse(tmp_path)
    page = Page(client.get("/study?study=studies/curve").text)
    assert "0.875" in page.text
    assert "/run?run=studies%2Fcurve%2Fruns%2Fc1" in page.links
    left = "/left/studies/curve/-"
    assert f"{left}/study.html" in page.links
    own_page = client.get(f"{left}/study.html")
    assert own_page.status_code == 200
    assert "sandbox" in own_page.headers["content-security-policy"]
    assert "script-src" not in own_page.headers["content-security-policy"]
    assert client.get(f"{left}/figures/curve.svg").headers["content-type"] == "image/svg+xml"
    assert str(client.get(f"{left}/runs/c1/").url).endswith("/run?run=studies%2Fcurve%2Fruns%2Fc1")
    for place in ("notes.txt", "figures/../notes.txt", "cells.jsonl", "figures/x.txt", "../../x"):
        assert client.get(f"{left}/{place}").status_code == 404, place


def test_live_says_when_a_page_would_change(made: Made, browse: Browse) -> None:
    client = browse(made.path.parent)
    first = client.get("/live?run=one").json()
    assert first["status"] == "done" and first == client.get("/live?run=one").json()
    run_index = client.get("/live").json()
    shutil.copytree(made.path, made.path.parent / "two")
    assert browse(made.path.parent).get("/live").json() != run_index


def test_the_rows_page_tells_of_an_audit(tmp_path: Path, browse: Browse) -> None:
    maker = Maker(tmp_path / "runs" / "one")
    maker.round(1, ["Great phone."])
    audit = Audited(
        row="r001-h001", label="positive", suspect=True, likelier="negative", weight=0.0,
        reason=HOSTILE,
    )  # fmt: skip
    maker.emit(audit, 1, "auditor")
    maker.end()
    page = browse(tmp_path / "runs").get("/row?run=one&row=r001-h001")
    assert page.status_code == 200
    read = Page(page.text)
    assert "label doubtful, negative fits better (left out of training)" in " ".join(
        read.text.split()
    )
    assert "img" not in read.tags and "onerror" not in read.attributes
