from __future__ import annotations

from pathlib import Path

import pytest

from evokd.studies.report.comparisons import comparisons
from evokd.studies.report.edge_value import EdgeValue, edge_values, removed
from evokd.studies.report.results import read_results
from evokd.studies.report.tables import all_tables
from tests.studies.made_up import MadeUp

FULL = ("trainer→analyst", "analyst→hard_generator", "hard_generator→labeler", "ballot→critic")
NO_ANALYSIS = ("trainer→hard_generator", "hard_generator→labeler", "ballot→critic")
NO_CRITIC = FULL[:-1]


def study(folder: Path, seeds: int = 3) -> MadeUp:
    variants = {
        "full": {},
        "no_analysis": {"loop.switches.analysis": False},
        "no_critic": {"loop": {"switches": {"critic": False}}},
        "bigger": {"loop.n_hard": 8},
        "both": {"loop.switches.analysis": False, "loop.n_hard": 8},
    }
    made = MadeUp(folder, kind="ablation", study={"grid": {"variant": variants}})
    edges = {"no_analysis": NO_ANALYSIS, "no_critic": NO_CRITIC, "both": NO_ANALYSIS}
    gains = {"full": 0.06, "no_critic": 0.08, "bigger": 0.06}
    for variant in variants:
        for seed in range(1, seeds + 1):
            score = 0.6 + seed / 100 + gains.get(variant, 0.0)
            row = made.cell(
                "evokd",
                seed,
                score,
                variant=variant,
                budget=10_000,
                reason="budget.tokens is reached",
            )
            made.line(row, [(0, 0.6), (1_000, score), (9_900, score)], edges.get(variant, FULL))
    return made


def values(made: MadeUp) -> dict[tuple[str, str], EdgeValue]:
    found = read_results(made.write())
    (comparison,) = comparisons(found)
    every = edge_values(found, comparison)
    return {(one.with_it.variant, one.without.variant): one for one in every}


def test_by_hand(tmp_path: Path) -> None:
    found = values(study(tmp_path))
    # `both` differs from `full` in two keys, `bigger` in one that is no switch
    assert found.keys() == {
        ("full", "no_analysis"), ("full", "no_critic"), ("bigger", "both"),
    }  # fmt: skip
    analysis = found["full", "no_analysis"]
    assert analysis.edges == ("trainer→analyst",), "the generator's edge was moved, not saved"
    assert analysis.switch == "loop.switches.analysis" and analysis.n == 3
    # made-up edges share 9,900 tokens as 1 : 2 : 3 : 4
    assert analysis.tokens == pytest.approx(990)
    assert analysis.difference == pytest.approx(0.06)
    assert analysis.value == pytest.approx(0.06 / 0.99)
    assert analysis.interval == pytest.approx((0.06 / 0.99, 0.06 / 0.99))
    assert found["full", "no_critic"].value == pytest.approx(-0.02 / 3.96)


def test_it_is_tabled(tmp_path: Path) -> None:
    tables = all_tables(read_results(study(tmp_path).write()))
    (table,) = [one for one in tables if one.title.startswith("What an edge earns")]
    assert [cell.text for cell in table.rows[0]][1:4] == [
        "full",
        "no_critic",
        "loop.switches.critic",
    ] or (table.rows[0][3].text == "loop.switches.critic")
    assert any(cell.text == "+0.0606" for row in table.rows for cell in row)


def test_without_rounds_or_areas_there_is_nothing(tmp_path: Path) -> None:
    made = study(tmp_path)
    made.curves.clear()
    assert values(made) == {}


def test_what_was_removed() -> None:
    more = {"a→b": 5, "b→c": 5, "d→c": 2, "e→f": 0}
    assert removed(more, {"b→c": 5}) == ("a→b", "d→c")
    assert removed(more, {"x→b": 1, "b→c": 5, "d→c": 1}) == ()
    assert removed(more, more) == ()
    assert removed({}, more) == ()
