"""Table and figure of where the arms' rows stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evokd.runs.representation import flattened
from evokd.studies.report.comparisons import comparisons
from evokd.studies.report.curves import Curve
from evokd.studies.report.figures import draw
from evokd.studies.report.lines import MethodVariant
from evokd.studies.report.markup import EMPTY
from evokd.studies.report.representation import TOLD, measure_curves
from evokd.studies.report.results import StudyResults, read_results
from evokd.studies.report.tables import all_tables
from tests.runs.made_measures import measured
from tests.studies.made_up import MadeUp


def give(made: MadeUp, method: str, seed: int, *said: dict[str, Any] | None) -> None:
    """A cell whose rounds, 1,000 tokens each, were measured so."""
    row = made.cell(method, seed, 0.7)
    made.line(row, [(1000 * number, 0.5) for number in range(len(said))])
    for point, one in zip(made.curves[-len(said) :], said, strict=True):
        point |= flattened({"representation": one})


def study(folder: Path) -> StudyResults:
    made = MadeUp(folder)
    nothing = measured(0, real=None, student=None, separability=None) | {"vendi": None}
    give(made, "evokd", 1, nothing, measured(8, 4.0), measured(16, 6.0))
    give(made, "evokd", 2, nothing, measured(8, 5.0), measured(16, 9.0))
    give(made, "static", 1, nothing, measured(8, 3.0, real=None))
    give(made, "zerogen", 1, None, None)  # not asked for
    return read_results(made.write())


def test_the_table_tells_the_last_round_by_arm(tmp_path: Path) -> None:
    tables = all_tables(study(tmp_path))
    (table,) = (one for one in tables if one.title.startswith("Where"))
    rows = {line[1].text: [cell.text for cell in line[2:]] for line in table.rows}
    assert rows.keys() == {"evokd", "static"}
    assert rows["evokd"][:2] == ["2", "7.500"] and rows["static"][:2] == ["1", "3.000"]
    coverage = 1 + TOLD.index("real_coverage")
    assert (rows["evokd"][coverage], rows["static"][coverage]) == ("0.600", EMPTY)
    assert len(table.columns) == 3 + len(TOLD)


def test_curves_begin_where_something_is_known(tmp_path: Path) -> None:
    read = study(tmp_path)
    (comparison,) = comparisons(read)
    curves = measure_curves(read, comparison)
    evokd, static = MethodVariant("evokd", ""), MethodVariant("static", "")
    assert curves["vendi"][evokd] == [
        Curve(None, (1000, 2000), (4.0, 6.0)),
        Curve(None, (1000, 2000), (5.0, 9.0)),
    ]
    assert curves["vendi"][static] == [Curve(None, (1000,), (3.0,))]
    assert static not in curves["real_coverage"]
    assert curves["student_test_separability"][static] == [Curve(None, (1000,), (-0.05,))]


def test_a_figure_where_a_run_was_measured(tmp_path: Path) -> None:
    pictures = [one for one in draw(study(tmp_path)) if one.title.startswith("Where")]
    (picture,) = (one for one in pictures if one.stem.startswith("representation"))
    assert "n = 1 to 2" in picture.caption and len(picture.png) > 10_000


def test_a_study_without_measures_has_neither(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    made.line(made.cell("evokd", 1, 0.8), [(0, 0.5), (1000, 0.8)])
    read = read_results(made.write())
    assert read.points and not any(point.representation for point in read.points)
    assert not any(one.title.startswith("Where the acc") for one in all_tables(read))
    assert not any(one.stem.startswith("representation") for one in draw(read))
