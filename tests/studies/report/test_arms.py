"""The tables of a study's main question, from files to text: a planted effect and a null."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from evokd.studies.report.arms import arms
from evokd.studies.report.comparisons import comparisons
from evokd.studies.report.markup import EMPTY, ReportTable
from evokd.studies.report.results import read_results
from evokd.studies.report.tables import all_tables
from tests.studies.made_up import MadeUp
from tests.studies.report.test_tables import cells

PLANTED = -0.08


def study(folder: Path, seeds: int = 6) -> MadeUp:
    """`static` loses 0.08 of its area, `evokd_shuffled` nothing; on two data sets."""
    made = MadeUp(folder, study={"study": {"margin": 0.03}})
    for task in ("trec6", "ag_news"):
        for seed in range(1, seeds + 1):
            common = random.Random(f"{task} {seed}").gauss(0.7, 0.05)
            for method, effect in (("evokd", 0.0), ("static", PLANTED), ("evokd_shuffled", 0.0)):
                noise = random.Random(f"{task} {seed} {method}").gauss(0, 0.01)
                value = common + effect + noise
                made.cell(method, seed, value, task=task, area=value, filled=0.99)
    return made


def tables(made: MadeUp) -> dict[str, ReportTable]:
    return {table.title: table for table in all_tables(read_results(made.write()))}


def test_the_planted_effect_is_seen_and_the_null_is_not(tmp_path: Path) -> None:
    found = read_results(study(tmp_path).write())
    by_name = {arm.line.method: arm for arm in arms(comparisons(found), 0.03)}
    static, shuffled = by_name["static"].area, by_name["evokd_shuffled"].area
    assert static is not None and shuffled is not None
    assert (static.against.strata, static.against.n) == (2, 12)
    assert static.against.difference == pytest.approx(PLANTED, abs=0.01)
    assert static.against.interval is not None and static.against.interval.high < 0
    assert static.holm_p is not None and static.holm_p < 0.01
    assert static.equivalence_p is not None and static.equivalence_p > 0.9
    assert shuffled.holm_p is not None and shuffled.holm_p > 0.05
    assert shuffled.equivalence_p is not None and shuffled.equivalence_p < 0.05


def test_the_tables_say_so(tmp_path: Path) -> None:
    found = tables(study(tmp_path))
    table = found["Arms against EvoKD, over data sets"]
    assert cells(table, "arm") == ["evokd_shuffled", "static"]
    assert cells(table, "pairs") == ["12", "12"]
    assert cells(table, "Δ area")[1].startswith("−0.0")
    assert cells(table, "Holm p")[1] in ("< 0.001", "0.001")
    assert any("0.03 or more" in note for note in table.notes)
    power = next(one for title, one in found.items() if title.startswith("Power"))
    least = dict(zip(cells(power, "pairs"), cells(power, "area"), strict=True))
    assert least["5"] == EMPTY and 0 < float(least["30"]) < float(least["6"])


def test_budgets_that_go_with_the_data_set_make_one_arm(tmp_path: Path) -> None:
    made = study(tmp_path)
    for row in made.results:
        row["budget"] = {"trec6": 5_000, "ag_news": 3_000}[row["task"]]
    by_name = {arm.line.method: arm for arm in arms(comparisons(read_results(made.write())), 0.03)}
    static = by_name["static"]
    assert static.area is not None and (static.area.against.strata, static.budget) == (2, None)

    for row in made.results[::2]:  # now each data set has two
        row["budget"] += 1
    found = arms(comparisons(read_results(made.write())), 0.03)
    assert {arm.budget for arm in found} == {3_000, 3_001, 5_000, 5_001}


def test_few_pairs_give_no_p_and_one_seed_no_table(tmp_path: Path) -> None:
    few = tables(study(tmp_path / "few", seeds=2))["Arms against EvoKD, over data sets"]
    assert set(cells(few, "p")) == set(cells(few, "Holm p")) == {EMPTY}
    assert not any("Arms" in title for title in tables(study(tmp_path / "one", seeds=1)))


def test_refits_and_labels_and_unfilled_budgets_stand_in_the_family(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    for seed in (1, 2):
        made.cell(
            "evokd", seed, 0.9, area=0.5, filled=0.8, refits=3, last_score=0.7, last_sd=0.03,
            label_accuracy=0.75, judge_accuracy=0.92,
        )  # fmt: skip
        made.cell("static", seed, 0.6, area=0.6, filled=0.4, flat=True)
        made.cell("eda", seed, 0.6, area=0.6, budget=None)
    made.results[0]["refit_area"] = made.results[3]["refit_area"] = 0.55
    family = next(table for title, table in tables(made).items() if "on the test rows" in title)
    assert cells(family, "method") == ["evokd", "eda", "static †"]
    assert cells(family, "mean ± sd")[0] == "0.700 ± 0.000", "the mean of the refits"
    assert cells(family, "area ± sd") == ["0.550 ± 0.000", "0.600 ± 0.000", "0.600 ± 0.000"]
    assert cells(family, "sd of a fit") == ["0.030", EMPTY, EMPTY]
    assert cells(family, "filled") == ["80 %", EMPTY, "40 %"]
    assert cells(family, "labels right")[0] == "0.750" and cells(family, "judge")[0] == "0.920"
    warning = [note for note in family.notes if note.startswith("Warning")]
    assert len(warning) == 1 and "evokd (80 %)" in warning[0] and "static" not in warning[0]


def test_a_teacher_has_its_own_table(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    made.cell("evokd", 1, 0.8, reference="abc")
    line = {"reference": "abc", "teacher": "scripted", "pack": "evokd", "rows": 100, "score": 0.6}
    made.references = [{**line, "metric": "macro_f1", "unlabelled": 2, "tokens": 5_000}]
    table = tables(made)["The teachers themselves, without an example"]
    assert [cell.text for cell in table.rows[0]] == [
        "scripted", "evokd", "100", "macro-F1", "0.600", "2", "5,000",
    ]  # fmt: skip


def test_unknown_and_mixed_revisions_are_said(tmp_path: Path) -> None:
    from evokd.studies.report.tables import lead

    made = MadeUp(tmp_path)
    made.cell("evokd", 1, 0.8, revision=None)
    made.cell("evokd", 2, 0.8, revision=1)
    said = " ".join(lead(read_results(made.write())))
    assert "1 of the cells done were made by an unknown revision" in said
    assert "Not all cells were made by the same method and prompts: evokd." in said


def test_an_old_folder_gets_its_area_from_its_rounds(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    row = made.cell("evokd", 1, 0.8, reason="budget.tokens is reached", budget=10_000,
                    billed_tokens=9_900)  # fmt: skip
    made.line(row, [(0, 0.4), (6_000, 0.8)])
    short = made.cell("static", 1, 0.8, reason="3 rounds done", budget=10_000, billed_tokens=6_000)
    made.line(short, [(0, 0.4), (6_000, 0.8)])
    free = made.cell("eda", 1, 0.5, budget=None, billed_tokens=0)
    made.line(free, [(0, 0.4), (0, 0.5)])
    found = {cell.method: cell for cell in read_results(made.write()).cells}
    assert found["evokd"].area == pytest.approx((4 * 0.4 + 4 * 0.8) / 8)
    assert found["evokd"].filled == pytest.approx(0.99)
    assert found["static"].area is None and found["static"].filled == pytest.approx(0.6)
    assert found["eda"].area == pytest.approx(0.5)
