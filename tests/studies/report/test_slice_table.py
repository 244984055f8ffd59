"""The table of the positive control."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokd.studies.report.markup import EMPTY
from evokd.studies.report.results import read_results
from evokd.studies.report.tables import all_tables
from tests.studies.made_up import MadeUp

START = {"start_slice_recall": 0.2, "start_rest_recall": 0.5}


def test_by_hand(tmp_path: Path) -> None:
    made = MadeUp(tmp_path, study={"study": {"against": "planted_other"}})
    for seed, (named, other) in enumerate(((0.9, 0.1), (0.7, 0.3), (0.8, 0.2)), start=1):
        made.cell("planted", seed, 0.8, slice_recall=named, rest_recall=0.6, **START)
        made.cell("planted_other", seed, 0.7, slice_recall=other, rest_recall=0.5, **START)
    (table,) = (one for one in all_tables(read_results(made.write())) if "the slice" in one.title)
    told = {(row[0].text, row[1].text): [cell.text for cell in row[2:]] for row in table.rows}
    start = "0.200 ± 0.000"
    assert told["planted", "the slice"] == [
        *("3", start, "0.800 ± 0.100", "+0.600", "+0.400 to +0.800", EMPTY)
    ]
    assert told["planted_other", "the slice"] == ["3", start, "0.200 ± 0.100", *(EMPTY,) * 3]
    assert told["planted", "rest of its class"][2:4] == ["0.600 ± 0.000", "+0.100"]


@pytest.mark.parametrize("slices", [{}, {"slice_recall": None}])
def test_a_study_without_a_slice_has_none(tmp_path: Path, slices: dict[str, None]) -> None:
    made = MadeUp(tmp_path)
    made.cell("evokd", 1, 0.8, **slices)
    titles = [one.title for one in all_tables(read_results(made.write()))]
    assert not any("the slice" in title for title in titles)
