from __future__ import annotations

from pathlib import Path

import pytest

from evokd.runs.scores import metric_name
from evokd.studies.report.comparisons import (
    comparisons,
    crossings,
    curves_of,
    reference,
    reference_name,
)
from evokd.studies.report.lines import MethodVariant
from evokd.studies.report.results import read_results
from evokd.studies.report.standings import standings
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
    if against == "lean_weak" and expected is not None:
        assert differences[EVOKD] == pytest.approx(-0.3) and differences[expected] is None
    table = family_table(family)
    assert f"Δ to {name}" in [column.head for column in table.columns]
    missing = f"No comparison with {name}: it is not in this table."
    assert (missing in table.notes) == (expected is None)


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
