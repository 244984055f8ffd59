"""Tables and pictures of every page as files: whole, by the same filters, safe for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from markupsafe import Markup
from starlette.testclient import TestClient

from evokd.viewer.files import BOM, Picture, csv_of, found, jsonl_of, offered, plain
from evokd.viewer.query import Query
from evokd.viewer.report import report
from evokd.viewer.svg import picture, tag
from evokd.viewer.svg_file import standalone
from evokd.viewer.table import PER_PAGE, Column, Table
from evokd.viewer.views.download import file_name
from tests.runs.made_measures import measured
from tests.runs.made_run import Made, Maker, make_run
from tests.runs.test_run_row_weights import SPREAD
from tests.viewer.conftest import Browse
from tests.viewer.test_reasoning import lay_out as lay_out_reasoning
from tests.viewer.test_representation import give
from tests.viewer.test_web import HOSTILE, PAGES, Page

FORMULAS = ("=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", " =1", "'=1", "＝1", "－1")


@pytest.fixture
def client(made: Made, browse: Browse) -> TestClient:
    return browse(made.path.parent)


def table_of(rows: list[dict[str, object]]) -> Table:
    columns = tuple(Column(key, key) for key in rows[0])
    return Table("Rows", columns, rows, len(rows))


def read_csv(data: bytes) -> list[list[str]]:
    text = data.decode("utf-8")
    assert text.startswith(BOM), "Excel needs it"
    return list(csv.reader(io.StringIO(text.removeprefix(BOM), newline="")))


def test_a_spreadsheet_takes_no_cell_for_a_formula() -> None:
    rows: list[dict[str, object]] = [{"=head": text, "n": -1.5} for text in FORMULAS]
    lines = read_csv(b"".join(csv_of(table_of(rows))))
    assert lines[0] == ["'=head", "n"]
    for line, text in zip(lines[1:], FORMULAS, strict=True):
        assert line == [f"'{text}", "-1.5"], "a number stays one"
    told = b"".join(jsonl_of(table_of(rows))).decode().split("\n")
    assert [json.loads(line)["=head"] for line in told if line] == list(FORMULAS)


def test_what_is_no_text_stays_what_it_is() -> None:
    row: dict[str, object] = {
        "none": None, "yes": True, "nan": float("nan"), "list": ["a", 1], "line": "a,b\n\"c\"",
        "map": {"=x": float("inf")}, "half": "\ud800", "count": Counter({"a": 2}),
    }  # fmt: skip
    (head, cells) = read_csv(b"".join(csv_of(table_of([row]))))
    assert dict(zip(head, cells, strict=True)) == {
        "none": "", "yes": "True", "nan": "", "list": '["a", 1]', "line": 'a,b\n"c"',
        "map": '{"=x": null}', "half": "?", "count": '{"a": 2}',
    }  # fmt: skip
    (line,) = b"".join(jsonl_of(table_of([row]))).decode().splitlines()
    read = json.loads(line)
    assert read["nan"] is None and read["yes"] is True and read["half"] == "\ud800"
    assert read["map"] == {"=x": None} and plain({1: (2, Query("/"))}) == {
        "1": [2, {"path": "/", "values": []}]
    }


def test_a_page_names_its_tables_and_pictures() -> None:
    svg = picture(1, 1, "one")
    table = table_of([{"a": 1}])
    query = Query("/run", (("run", "x"), ("page", "3")))
    values = {"query": query, "edges": table, "map": {"picture": svg, 1: svg},
              "counts": Counter("a"), "words": Markup("<b>"), "rounds": [{"t": table}]}  # fmt: skip
    named = offered(values)
    assert found(named, "edges").files == {
        "csv": "/download/run?run=x&table=edges&format=csv",
        "jsonl": "/download/run?run=x&table=edges&format=jsonl",
    }
    assert found(named, "map.picture").file == "/download/run?run=x&figure=map.picture"
    assert found(named, "rounds.0.t").files["csv"].endswith("table=rounds.0.t&format=csv")
    assert found(named, "rounds.1.t") is None and found(named, "rounds.x") is None
    assert isinstance(named["counts"], Counter) and named["words"] == Markup("<b>")
    for name in ("words", "query", "nothing", "map", "map.nothing", "edges.rows", "__class__"):
        assert found(named, name) is None, name
    assert offered({"edges": table})["edges"].files is None, "a report asks nothing of anybody"


def take_all(client: TestClient, page: str, by_hand: int = 0) -> Counter[str]:
    """Take every file that a page offers; how many of each kind there were.

    Args:
        client: Of the viewer.
        page: Its address.
        by_hand: Tables on it that have no file.
    """
    taken: Counter[str] = Counter()
    html = client.get(page).text
    for link in [link for link in Page(html).links if link.startswith("/download")]:
        answer = client.get(link)
        assert answer.status_code == 200, (link, answer.text[:300])
        said = answer.headers["content-disposition"]
        assert re.fullmatch(r'attachment; filename="[\w.-]+\.(csv|jsonl|svg)"', said), said
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        kind = parse_qs(urlsplit(link).query).get("format", ["svg"])[0]
        taken[kind] += 1
        if kind == "csv":
            lines = read_csv(answer.content)
            assert len(lines) > 1 and len({len(line) for line in lines}) == 1, link
        elif kind == "jsonl":
            assert answer.headers["content-type"] == "application/x-ndjson; charset=utf-8"
            assert all(isinstance(json.loads(line), dict) for line in answer.text.splitlines())
        else:
            ElementTree.fromstring(answer.text)
            assert "var(" not in answer.text
    tables = len(re.findall(r"<tbody>\s*<tr", html))
    assert taken["csv"] == taken["jsonl"] >= tables - by_hand, page
    return taken


def test_every_table_and_picture_of_every_page_can_be_taken(made: Made, client: TestClient) -> None:
    pages = [*PAGES, f"/call?run=one&call={made.calls[1]}", "/search?q=phone", "/notes?run=one"]
    taken: Counter[str] = Counter()
    for page in pages:
        taken += take_all(client, page, by_hand=page.startswith("/review"))
    assert taken["csv"] > 30 and taken["svg"] > 12


def test_measures_weights_students_and_cells_can_be_taken(made: Made, browse: Browse) -> None:
    """Tables whose rows have no field by a column's key."""
    give(made, measured(0), measured(1, 1.0), measured(2, 1.75))
    file = made.path / "metrics.jsonl"
    metrics = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    metrics[1]["weights"] = SPREAD
    file.write_text("".join(f"{json.dumps(line)}\n" for line in metrics), "utf-8")
    lay_out_reasoning(made.path)
    study = made.path.parent / "study"
    study.mkdir()
    (study / "study.yaml").write_text("name: study", "utf-8")
    (study / "cells.jsonl").write_text('{"cell": "c1", "method": "evokd", "seed": 1}\n', "utf-8")
    client = browse(made.path.parent)

    def taken(asked: str) -> list[dict[str, object]]:
        answer = client.get(f"/download/{asked}&format=jsonl")
        assert answer.status_code == 200, answer.text[:300]
        return [json.loads(line) for line in answer.text.splitlines()]

    standing = taken("data?run=one&table=standing.table")
    assert [line["vendi"] for line in standing] == [9.5, 1.0, 1.75] and standing[1]["number"] == 1
    (weights,) = taken("run?run=one&table=weights.table")
    assert weights["spread"] == [SPREAD[key] for key in ("min", "q1", "median", "q3", "max")]
    assert isinstance(weights["heaviest"], dict) and weights["rows"] == SPREAD["rows"]
    students = taken("run?run=one&table=reasoning.students")
    assert [line["name"] for line in students] == ["base", "stage1"]
    (cell,) = taken("study?study=study&table=table")
    assert (cell["cell"], cell["method"], cell["seed"]) == ("c1", "evokd", 1.0)
    replies = taken("run?run=one&table=replies")
    assert {"role": "labeler", "mended": 0, "how": {}}.items() <= replies[-1].items()
    edges = taken("compare?run=one&run=one&measure=calls&table=edges")
    assert edges[0]["A"] == edges[0]["B"] == 1 and edges[0]["difference"] == 0
    beside = taken("compare?run=one&run=one&table=beside")
    assert beside[0]["name"] == "status" and beside[0]["A"] == beside[0]["B"] == "done"
    assert take_all(client, "/study?study=study")["csv"] == 1
    for figure in ("standing.variety", "map.picture"):
        found = client.get(f"/download/data?run=one&figure={figure}")
        assert found.status_code == (200 if figure == "standing.variety" else 404)


def test_a_file_holds_all_pages_of_what_the_address_asks(tmp_path: Path, browse: Browse) -> None:
    maker = Maker(tmp_path / "runs" / "one")
    for number in range(2 * PER_PAGE + 10):
        maker.call(1 + number % 2, "analyst", "labeler", f"Reply {number}.")
    maker.call(1, "analyst", "critic", "Other.")
    maker.end()
    client = browse(tmp_path / "runs")
    asked = "run=one&target=labeler&round=2&sort=-seq"
    table = client.get(f"/download/calls?{asked}&page=2&table=table&format=jsonl")
    lines = [json.loads(line) for line in table.text.splitlines()]
    assert [line["received"] for line in lines] == [
        f"Reply {number}." for number in range(2 * PER_PAGE + 9, 0, -2)
    ]
    assert lines[0]["seq"] == maker.calls[-2] and lines[0]["sent"] == "write a review"
    assert lines[0]["edge"] == "analyst → labeler" and lines[0]["prompt"] == 10
    found = client.get("/download/calls?run=one&q=other&table=table&format=csv")
    (line,) = read_csv(found.content)[1:]
    assert '["Other."]' in line
    html = client.get(f"/calls?{asked}").text
    assert f"{PER_PAGE + 5} rows as" in html


def test_what_a_model_wrote_is_whole_in_a_file_and_no_formula(
    tmp_path: Path, browse: Browse
) -> None:
    text = f"=HYPERLINK(1) {HOSTILE}"
    make_run(tmp_path / "runs" / "one", [[text, "+2 b"]])
    client = browse(tmp_path / "runs")
    for page, key in (("round", "text"), ("data", "text"), ("calls", "received")):
        asked = f"/download/{page}?run=one&round=1&table=table"
        lines = client.get(f"{asked}&format=jsonl").text.splitlines()
        assert text in [json.loads(line)[key] for line in lines], page
        for line in read_csv(client.get(f"{asked}&format=csv").content):
            assert not [cell for cell in line if cell[:1] in tuple("=+-@\t\r")], page


@pytest.mark.parametrize(
    "address",
    [
        "/download", "/download/", "/download/run?run=one", "/download/run?run=one&table=run",
        "/download/run?run=one&table=curves", "/download/run?run=one&figure=edges",
        "/download/run?run=one&figure=edges.value", "/download/nothing?run=one&table=table",
        "/download/download/run?run=one&table=edges", "/download/run?run=none&table=edges",
        "/download//evil.example/?table=table", "/downloadrun?run=one&table=edges",
        "/download/run?run=one&table=__class__.__mro__", "/download/assets/style.css?table=x",
        "/download/run?run=one&figure=config", "/download/text?run=one&row=train-1&table=x",
    ],
)  # fmt: skip
def test_what_is_no_table_of_a_page_is_not_there(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404, answer.text[:300]
    assert "content-disposition" not in answer.headers


def test_names_of_files_are_plain() -> None:
    def named(run: str, what: str = "table", path: str = "/run") -> str:
        return file_name(Query(path, (("run", run),)), what)

    assert named("demo", "edges") == "demo-run-edges"
    assert named("demo", path="/calls") == "demo-calls"
    assert named('../../a"b\r\n/č') == "a-b-run"
    assert named("..") == "run" and len(named("x" * 500)) == 100
    assert file_name(Query("/", ()), "table") == "evokd-runs"
    assert file_name(Query("/compare", (("run", "a"), ("run", "b"))), "settings") == (
        "a-b-compare-settings"
    )


def test_a_picture_stands_by_itself(client: TestClient) -> None:
    for address in ("/download/run?run=one&figure=machine", "/download/run?run=one&figure=curves"):
        answer = client.get(address)
        assert "sandbox" in answer.headers["content-security-policy"]
        text = answer.text
        root = ElementTree.fromstring(text)
        assert float(root.attrib["width"]) > 100 and "var(" not in text and "href" not in text
        style = root.find("{http://www.w3.org/2000/svg}style")
        assert style is not None and style.text is not None
        assert ".picture text{fill: #1b1b1b;}" in style.text and "max-width" not in style.text
    assert ".machine .stroke" in client.get("/download/run?run=one&figure=machine").text


def test_words_in_a_picture_stay_words() -> None:
    svg = picture(9, 9, "a", tag("a", {"href": "/x"}, tag("text", {}, '<a href="y">&')))
    text = standalone(str(svg))
    assert "&lt;a href=&#34;y&#34;&gt;&amp;" in text and 'href="/x"' not in text
    ElementTree.fromstring(text)
    assert Picture(svg).file == ""


def test_a_report_offers_no_files(made: Made) -> None:
    assert "/download" not in report(made.path) and "data-png" not in report(made.path)
