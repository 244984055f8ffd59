from __future__ import annotations

from pathlib import Path

import pytest

from evokd.runs.scores import metric_name
from evokd.studies.report.comparisons import (
    MethodVariant,
    by_seed,
    comparisons,
    crossings,
    curves_of,
    reference,
    reference_name,
    standings,
)
from evokd.studies.report.rows import read_results
from evokd.studies.report.tables import family_table
from tests.studies.made_up import MadeUp

EVOKD, STATIC, FULL = (
    MethodVariant("evokd", ""),
    MethodVariant("static", ""),
    MethodVariant("full_shot", ""),
)


def test_a_family_is_task_shots_and_budget(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    for shots, budget in ((1, 100), (1, 200), (5, 100)):
        made.cell("evokd", 1, 0.5, shots=shots, budget=budget)
    made.cell("evokd", 1, 0.5, task="other")
    made.cell("no_aug", 1, 0.4, budget=None)  # with one shot, at any budget
    made.cell("full_shot", 1, 0.9, shots=3, budget=777)  # wherever its task is
    found = comparisons(read_results(made.write()))
    assert [(f.task, f.shots, f.budget) for f in found] == [
        ("other", 1, 20_000),
        ("uci_amazon", 1, 100),
        ("uci_amazon", 1, 200),
        ("uci_amazon", 5, 100),
    ]
    assert [line.method for line in found[1].lines] == ["evokd", "no_aug", "full_shot"]
    assert [line.method for line in found[3].lines] == ["evokd", "full_shot"]
    assert found[1].title == "uci_amazon, 1 shot, 100 tokens"


def test_only_a_full_shot_reference_is_a_family_too(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    made.cell("full_shot", 1, 0.9)
    (only,) = comparisons(read_results(made.write()))
    assert only.title == "uci_amazon" and only.lines == (FULL,)


@pytest.mark.parametrize(
    ("variants", "study", "expected"),
    [
        ([""], {}, ""),
        (["other"], {}, "other"),
        (["a", "full"], {}, "full"),
        (["a", "b"], {}, None),
        (["a", "b"], {"grid": {"variant": {"a": {"x": 1}, "b": {}}}}, "b"),
        (["a", "b"], {"grid": {"variant": {"a": {}, "b": {}}}}, None),
    ],
)
def test_the_reference(
    tmp_path: Path, variants: list[str], study: dict[str, object], expected: str | None
) -> None:
    made = MadeUp(tmp_path, study=study)
    for variant in variants:
        made.cell("evokd", 1, 0.5, variant=variant)
    (family,) = comparisons(read_results(made.write()))
    assert reference(family) == (None if expected is None else MethodVariant("evokd", expected))


@pytest.mark.parametrize(
    ("against", "expected", "name"),
    [
        ("lean", MethodVariant("lean", "lean"), "lean"),  # the variant of that name, not its method
        ("lean_weak", MethodVariant("lean", "lean_weak"), "lean_weak"),
        ("zerogen", MethodVariant("zerogen", ""), "zerogen"),
        ("progen", None, "progen"),  # not in the table
    ],
)
def test_a_study_names_its_reference(
    tmp_path: Path, against: str, expected: MethodVariant | None, name: str
) -> None:
    made = MadeUp(tmp_path, study={"study": {"against": against}})
    for seed in (1, 2):
        made.cell("evokd", seed, 0.5)
        made.cell("zerogen", seed, 0.6)
        made.cell("lean", seed, 0.7, variant="lean")
        made.cell("lean", seed, 0.8, variant="lean_weak")
    (family,) = comparisons(read_results(made.write()))
    assert reference(family) == expected and reference_name(family) == name
    differences = {s.line: s.against and s.against.difference for s in standings(family)}
    if against == "lean_weak":
        assert differences[EVOKD] == pytest.approx(-0.3) and differences[expected] is None
    table = family_table(family)
    assert f"Δ to {name}" in [column.head for column in table.columns]
    missing = f"No comparison with {name}: it is not in this table."
    assert (missing in table.notes) == (expected is None)


def test_a_variant_named_like_its_method_is_called_once() -> None:
    assert MethodVariant("lean", "lean").name == "lean"
    assert MethodVariant("lean", "lean_weak").name == "lean, lean_weak"


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


def test_curves_and_crossings(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    for seed in (1, 2, 3):
        made.line(made.cell("evokd", seed, 0.8, start_macro_f1=0.3), [(10, 0.4), (50, 0.8)])
        made.line(made.cell("static", seed, 0.6, start_macro_f1=0.3), [(10, 0.6)])
        made.line(made.cell("full_shot", seed, 0.9), [(0, 0.9)])
    made.cell("eda", 1, 0.5)  # no rounds written
    study = read_results(made.write())
    (family,) = comparisons(study)
    curves = curves_of(study, family)
    assert set(curves) == {EVOKD, STATIC}
    assert curves[EVOKD][2].start == 0.3 and curves[EVOKD][2].tokens == (10, 50)
    assert crossings(study, family) == {STATIC: (3, 50, 50, 50, 0.0)}


def test_a_curve_is_of_the_tasks_own_score(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    other = {"metric": "f1", "start_score": 0.2, "start_macro_f1": 0.1}
    made.line(made.cell("evokd", 1, 0.8, **other), [(10, 0.3), (50, 0.6)])
    for point, score in zip(made.curves, (0.4, 0.8), strict=True):
        point["score"] = score
    study = read_results(made.write())
    (family,) = comparisons(study)
    curve = curves_of(study, family)[EVOKD][1]
    assert (curve.start, curve.scores) == (0.2, (0.4, 0.8))
    assert metric_name(family.metric) == "F1"


def test_all_that_are_written_like_the_best_are_best(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    for method, score in (("evokd", 0.8124), ("zerogen", 0.8116), ("static", 0.8114)):
        made.cell(method, 1, score, area=score - 0.1)
    lines = standings(comparisons(read_results(made.write()))[0])
    assert {s.line.method for s in lines if s.best} == {"evokd", "zerogen"}
    assert {s.line.method for s in lines if s.best_area} == {"evokd", "zerogen"}
