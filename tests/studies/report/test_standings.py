from __future__ import annotations

from pathlib import Path

import pytest

from evokd.studies.report.comparisons import by_seed, comparisons
from evokd.studies.report.results import read_results
from evokd.studies.report.standings import standings
from tests.studies.made_up import MadeUp


def test_standings_by_hand(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    for seed in range(1, 6):
        made.cell("evokd", seed, 0.70 + seed / 100)
        made.cell("static", seed, 0.60 + seed / 100, flat=True, leaked=seed)
        made.cell("full_shot", seed, 0.9, flat=True)
    made.cell("zerogen", 1, 0.5)
    made.cell("zerogen", 2, 0.5, status="failed", reason="net")
    (family,) = comparisons(read_results(made.write()))
    evokd, zerogen, static, full = standings(family)
    assert evokd.best and not (zerogen.best or static.best or full.best)
    assert static.against is not None and static.against.difference == pytest.approx(-0.1)
    assert static.against.p == 2 / 32 and static.holm_p == 2 / 32  # the only test of the family
    assert (static.flat, static.leaked, full.flat) == (5, 3, 0)
    assert static.percent == pytest.approx(63 / 0.9)
    assert (zerogen.summary.n, zerogen.failed, zerogen.holm_p) == (1, 1, None)
    assert evokd.against is None and full.against is None and full.percent is None


def test_holm_goes_over_the_family(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    for seed in range(1, 7):
        made.cell("evokd", seed, 0.7 + seed / 100)
        for method in ("static", "zerogen", "eda"):
            made.cell(method, seed, 0.6)
    (family,) = comparisons(read_results(made.write()))
    assert [s.holm_p for s in standings(family)] == [None, *[pytest.approx(3 * 2 / 64)] * 3]


def test_nothing_finished_is_no_number(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    made.cell("evokd", 1, 0.9, status="failed", reason="x")
    (family,) = comparisons(read_results(made.write()))
    (line,) = standings(family)
    assert line.summary == (0, None, None, None) and line.failed == 1
    assert (line.billed, line.accuracy, line.best) == (None, None, False)


def test_runs_that_share_a_seed_are_averaged(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    made.cell("evokd", 1, 0.5)
    made.results.append(made.results[0] | {"cell": "again", "score": 0.7})
    del made.cell("evokd", 2, 0.1)["score"]  # only macro-F1 was written
    study = read_results(made.write())
    assert by_seed(study.cells) == {1: pytest.approx(0.6), 2: 0.1}


def test_all_that_are_written_like_the_best_are_best(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    for method, score in (("evokd", 0.8124), ("zerogen", 0.8116), ("static", 0.8114)):
        made.cell(method, 1, score, area=score - 0.1)
    lines = standings(comparisons(read_results(made.write()))[0])
    assert {s.line.method for s in lines if s.best} == {"evokd", "zerogen"}
    assert {s.line.method for s in lines if s.best_area} == {"evokd", "zerogen"}
