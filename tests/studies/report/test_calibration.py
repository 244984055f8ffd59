"""The table of calibration, by arm."""

from __future__ import annotations

from pathlib import Path

from evokd.studies.report.markup import EMPTY
from evokd.studies.report.results import read_results
from evokd.studies.report.tables import all_tables
from tests.studies.made_up import MadeUp

BEFORE = {"ece": 0.2, "brier": 0.6, "nll": 1.2}
AFTER = {"temperature": 2.0, "scaled_ece": 0.1, "scaled_brier": 0.5, "scaled_nll": 0.8}


def test_by_hand(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    made.cell("evokd", 1, 0.8, **BEFORE, **AFTER)
    made.cell("evokd", 2, 0.8, **BEFORE | {"ece": 0.4})  # no temperature: stays as it is
    made.cell("static", 1, 0.7, **BEFORE)
    made.cell("zerogen", 1, 0.7)  # of an earlier version
    tables = all_tables(read_results(made.write()))
    (table,) = (one for one in tables if one.title.startswith("How sure"))
    rows = [[cell.text for cell in row] for row in table.rows]
    assert [row[1:] for row in rows] == [
        ["evokd", "2", "0.300", "0.250", "0.600", "0.550", "1.200", "1.000", "1", "2.000"],
        ["static", "1", "0.200", EMPTY, "0.600", EMPTY, "1.200", EMPTY, "0", EMPTY],
    ]


def test_a_study_without_has_none(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    made.cell("evokd", 1, 0.8)
    titles = [one.title for one in all_tables(read_results(made.write()))]
    assert not any(title.startswith("How sure") for title in titles)
