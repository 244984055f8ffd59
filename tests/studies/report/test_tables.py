from __future__ import annotations

from pathlib import Path

import pytest

from evokd.studies.report.curves import Crossing
from evokd.studies.report.markup import EMPTY, ReportTable, latex, markdown
from evokd.studies.report.results import read_results
from evokd.studies.report.tables import all_tables, crossing_interval, lead
from tests.studies.made_up import MadeUp, adaptability, few_shot, token_curves

NASTY = "a|b\n</script><img src=x onerror=alert(1)>$\\frac{1}{0}&%_#"


def tables(made: MadeUp) -> list[ReportTable]:
    return all_tables(read_results(made.write()))


def cells(table: ReportTable, head: str) -> list[str]:
    place = [column.head for column in table.columns].index(head)
    return [row[place].text for row in table.rows]


def test_a_table_by_hand(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    for seed in range(1, 6):
        made.cell("evokd", seed, 0.8)
        made.cell("static", seed, 0.7, flat=True, billed_tokens=1_200)
    family, *_, flat = tables(made)
    assert family.title == "uci_amazon, 1 shot, 20,000 tokens: macro-F1 on the test rows"
    assert cells(family, "method") == ["evokd", "static †"]
    assert cells(family, "mean ± sd") == ["0.800 ± 0.000", "0.700 ± 0.000"]
    assert [row[2].bold for row in family.rows] == [True, False]
    assert cells(family, "Δ to EvoKD") == [EMPTY, "−0.100"]
    assert cells(family, "95 % interval of Δ") == [EMPTY, "−0.100 to −0.100"]
    assert cells(family, "Holm p") == [EMPTY, "0.062"]
    assert cells(family, "billed tokens") == ["19,800", "1,200"]
    assert "variant" not in [column.head for column in family.columns]
    assert any("smallest p that the test can give is 0.0625" in note for note in family.notes)
    assert any("static (5 of 5 runs)" in note for note in family.notes)
    assert cells(flat, "seeds") == ["1, 2, 3, 4, 5"]


def test_curves_look_ahead_and_rules_are_replayed_on_them(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    for seed in range(1, 4):
        flat = [(1_900 * n, 0.4 if n == 0 else 0.7) for n in range(11)]
        made.line(made.cell("evokd", seed, 0.7), flat)
        made.line(made.cell("static", seed, 0.6), [(0, 0.4), (9_000, 0.5), (19_000, 0.6)])
    found = {table.title: table for table in tables(made)}
    ahead = found["Curves that look ahead"]
    assert cells(ahead, "method") == ["evokd"], "three points tell nothing of static"
    assert cells(ahead, "limit") == ["0.700"]
    assert cells(ahead, "gain of the next 1,000 tokens") == ["0.0000"]
    stops = found["Stopping rules, replayed on the stored curves"]
    assert cells(stops, "right")[:3] == ["3 of 3 (100 %)"] * 3
    assert cells(stops, "right at any round")[0] == "15 of 15 (100 %)"
    assert cells(stops, "tokens spent at the stop")[:3] == ["50 %", "50 %", "50 %"]
    assert any("too few rounds: 3 curves" in note for note in stops.notes)


def test_who_sees_real_texts_stands_apart(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    for seed in range(1, 4):
        for method, score in (("pool", 0.9), ("evokd", 0.8), ("static", 0.7), ("full_shot", 0.95)):
            made.cell(method, seed, score)
    family = tables(made)[0]
    assert cells(family, "method") == ["evokd", "static", "pool (real texts)", "full_shot"]
    place = [column.head for column in family.columns].index("mean ± sd")
    assert [row[place].bold for row in family.rows] == [True, False, False, False]
    assert cells(family, "Δ to EvoKD")[2] == "+0.100"
    assert any("Apart from the others: pool (real texts)" in note for note in family.notes)


def test_an_arm_with_texts_of_the_pool_is_marked_and_no_reference(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    for seed in range(1, 4):
        made.cell("evokd", seed, 0.8, variant="evokd", real_texts=False)
        made.cell("evokd", seed, 0.9, variant="shared", real_texts=True)
    family = tables(made)[0]
    assert cells(family, "method") == ["evokd", "evokd (real texts)"]
    assert cells(family, "Δ to EvoKD")[1] == "+0.100"


def test_no_seed_finished_is_no_number(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    made.cell("evokd", 1, 0.8)
    made.cell("static", 1, 0.9, status="failed", reason="the endpoint said 401")
    family, failed = tables(made)
    row = family.rows[1]
    assert [cell.text for cell in row] == ["static", "0", *[EMPTY] * (len(row) - 2)]
    assert cells(failed, "reason") == ["the endpoint said 401"]
    assert any(note == "Failed cells, left out: static (1)." for note in family.notes)


def test_one_seed_has_no_spread_and_no_test(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    made.cell("evokd", 1, 0.8)
    made.cell("static", 1, 0.7)
    (family,) = tables(made)
    assert cells(family, "mean ± sd") == ["0.800", "0.700"]
    assert set(cells(family, "95 % interval")) == set(cells(family, "Holm p")) == {EMPTY}
    assert cells(family, "Δ to EvoKD") == [EMPTY, "−0.100"]
    assert any("No test: fewer than 5 common seeds" in note for note in family.notes)


def test_percent_of_full_shot(tmp_path: Path) -> None:
    found = tables(few_shot(tmp_path, seeds=2))
    families = [table for table in found if "test rows" in table.title]
    assert [t.title.split(", ")[1] for t in families] == ["1 shot", "3 shots", "5 shots"]
    assert all(cells(table, "method")[-1] == "full_shot" for table in families)
    assert all(cells(table, "% of full-shot")[-1] == EMPTY for table in families)
    assert 50 < float(cells(families[0], "% of full-shot")[0]) < 80


def test_crossovers(tmp_path: Path) -> None:
    found = tables(token_curves(tmp_path, 3, ("evokd", "static", "full_shot")))
    (crossing,) = [table for table in found if "crossover" in table.title]
    assert cells(crossing, "rival") == ["static"]


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (Crossing(2, 5, None, None, None), EMPTY),
        (Crossing(3, None, None, None, 1.0), "never"),
        (Crossing(3, 1_000, 900, None, 0.1), "900 to never"),
        (Crossing(3, 1_000, 900, 2_000, 0.0), "900 to 2,000"),
    ],
)
def test_crossing_intervals(at: Crossing, text: str) -> None:
    assert crossing_interval(at) == text


def test_adaptability_is_tabled_by_run_and_pooled(tmp_path: Path) -> None:
    *_, table = tables(adaptability(tmp_path, seeds=3, rounds=4))
    assert len(table.rows) == 3 * (3 + 1)
    pooled = [row for row in table.rows if row[1].text.startswith("pooled")]
    assert pooled[0][3].text.startswith("−0.") and pooled[0][2].text == "72"


def test_an_empty_study_has_no_tables(tmp_path: Path) -> None:
    study = read_results(tmp_path)
    assert all_tables(study) == []
    text = markdown(study.study_file.name, lead(study), [])
    assert "0 cells done; 0 failed" in text


def test_missing_cells_are_said(tmp_path: Path) -> None:
    made = MadeUp(tmp_path, study={"cells": 3})
    made.cell("evokd", 1, 0.8)
    assert lead(read_results(made.write())) == ["1 cells done; 0 failed; 2 not finished yet."]


def test_hostile_names_stay_names(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    for seed in (1, 2):
        made.cell("evokd", seed, 0.8, task=NASTY, variant=NASTY)
        made.cell(NASTY, seed, 0.8, task=NASTY, variant=NASTY)
    made.cell("eda", 1, 0.5, task=NASTY, status="failed", reason=NASTY)
    study = read_results(made.write())
    found = all_tables(study)
    text = markdown(study.study_file.name, lead(study), found)
    assert "<" not in text and "\n</" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == sum(len(table.rows) + 2 for table in found)
    tex = latex(study.study_file.name, lead(study), found)
    assert "\\frac" not in tex and tex.count("\\begin{table}") == len(found)


def test_the_same_files_give_the_same_tables(tmp_path: Path) -> None:
    made = token_curves(tmp_path, 3, ("evokd", "static"))
    first = tables(made)
    made.results.reverse()  # cells end in any order
    made.curves.reverse()
    assert tables(made) == first


def test_students_that_reason_are_held_against_dasd(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    for seed in range(1, 6):
        made.cell("dasd", seed, 0.5, variant="full")
        made.cell("dasd", seed, 0.25, variant="random")
    (family, *_) = tables(made)
    assert cells(family, "Δ to dasd") == [EMPTY, "−0.250"]
