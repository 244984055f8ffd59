"""Where the rows stand: pictures and table, in the report and on the page of the data."""

from __future__ import annotations

import json
from typing import Any

from evokd.runs.representation import MEASURES
from evokd.runs.run import read_run
from evokd.viewer.report import report
from evokd.viewer.representation import read_standing
from tests.runs.made_measures import measured
from tests.runs.made_run import Made
from tests.viewer.conftest import Browse


def give(made: Made, *said: Any) -> None:
    """Write measures into the run's rounds."""
    file = made.path / "metrics.jsonl"
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for line, one in zip(lines, said, strict=True):
        line["representation"] = one
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")


def test_pictures_and_a_table(made: Made) -> None:
    empty = measured(0, real=None, student=None) | {"vendi": None}
    give(made, empty, measured(1, 1.0), measured(2, 1.75))
    found = read_standing(read_run(made.path))
    assert found is not None
    assert "rows so far: 1.750 at 2" in found["variety"]
    assert "coverage: 0.600 at 1" in found["against"]
    assert "nearest test row: 0.700 at 2" in found["against"]
    assert "test, student: -0.050 at 2" in found["classes"]
    table = found["table"]
    assert [one.number for one in table.rows] == [0, 1, 2]
    assert len(table.columns) == 2 + len(MEASURES)
    assert found["real"] == 30


def test_without_measures_there_is_no_section(made: Made) -> None:
    assert read_standing(read_run(made.path)) is None
    assert "Where the rows stand" not in report(made.path)


def test_page_and_report_show_them(made: Made, browse: Browse) -> None:
    give(made, None, measured(1), measured(2))
    page = browse(made.path.parent).get("/data?run=one").text
    assert (
        "(1 − cosine): positive 0.010</p>"
        in browse(made.path.parent).get("/round?run=one&round=1").text
    )
    assert "Where the rows stand" in page and page.index("standing") < page.index('id="rows"')
    html = report(made.path)
    assert "Where the rows stand" in html and 'id="standing"' in html
    assert "lie among 30 train rows that nobody was shown" in html
    give(made, None, measured(1), measured(2, real=None))
    assert "No train rows beyond the shots to hold them against." in report(made.path)
