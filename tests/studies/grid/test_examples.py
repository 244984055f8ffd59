"""Every study in examples/studies/ can be planned, and so be run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evokd.cli.commands import app
from evokd.config import read_yaml
from evokd.store.models import TEACHERS
from evokd.store.weights import place_of
from evokd.studies.grid.cells import expand
from evokd.studies.grid.check import check_all
from evokd.studies.grid.config import load_study
from tests.graph.methods.names import ENCODER_METHODS

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "studies"
SHARED = EXAMPLES.parents[2] / "shared" / "data"
STUDIES = sorted(EXAMPLES.glob("*.yaml"))
CELLS = {
    "few_shot": 2 * 7 * 3,
    "ablation": 7 * 3,
    "separation": 2 * 3,
    "token_curve": 16 * 3,
    "adaptability": 2 * 3,
    "improvements": 18,
    "strategy": 15,
    "directives": 2 * 3,
    "paper_classification": 5 * 5 * (3 * 11 + 1),
    "translation": 4 * 3,
    "chinese": 2 * 3,
    "ner": 9,
    "kinds": 27,
    "continual": 6,
    "dasd": 1,
    "dasd_decoding": 2,
    "feedback": 3 * 8 + 4 * 5,
    "feedback_control": 2 * 5,
    "finance_medicine": 4 * 2,
    "pool": 70,
    "pool_targets": 10,
    "retention": 9 * 5,
    "lean": 130,
}
WHOLE = {
    "few_shot": 5 * 5 * (3 * 6 + 1),
    "ablation": 3 * 8 * 5,
    "separation": 2 * 2 * 5,
    "token_curve": 23 * 5,
    "adaptability": 5 * 5,
    "directives": 2 * 3 * 5,
    "translation": 6 * 5,
    "chinese": 3 * 4 * 5,
    "ner": 5 * 5,
    "continual": 2 * 5,
    "dasd": 4 * 3,
    "dasd_decoding": 5 * 3,
    "feedback": 4 * 7 * 8,
    "feedback_control": 4 * 5,
    "finance_medicine": 4 * 3 * 5,
}
"""Those that are cut to the hours of a small machine, and what they are with `size=whole`."""
QUICK = ("improvements", "kinds")
"""Studies whose plan takes seconds."""
KINDS = {"few_shot", "ablation", "token_curve", "adaptability", "strategy"}


def test_no_study_is_missed() -> None:
    assert {path.stem for path in STUDIES} == set(CELLS)
    assert {load_study(path).kind for path in STUDIES} == KINDS


def test_what_was_cut_is_known() -> None:
    cut = {path.stem for path in STUDIES if "whole" in read_yaml(path)}
    assert cut == set(WHOLE)


def test_the_token_curve_has_every_method() -> None:
    study = load_study(EXAMPLES / "token_curve.yaml", ["size=whole"])
    methods = {changes.get("method", "evokd") for changes in study.grid.variant.values()}
    assert methods == {*ENCODER_METHODS, "pool"}


@pytest.mark.parametrize(
    ("name", "size", "cells"),
    [
        *((name, "cut", cells) for name, cells in CELLS.items()),
        *((name, "whole", cells) for name, cells in WHOLE.items()),
    ],
)
def test_study_expands_and_passes_its_checks(name: str, size: str, cells: int) -> None:
    file = EXAMPLES / f"{name}.yaml"
    skip_without(file)
    grid = expand(load_study(file, [f"size={size}"] if name in WHOLE else ()), EXAMPLES)
    check_all(grid, keys=False)
    assert len(grid.cells) == cells


def skip_without(file: Path) -> None:
    """Data and weights that are no part of the repository."""
    if not (SHARED / "uci_amazon").is_dir():
        pytest.skip("skipped: ../shared/data not found")
    said = str(read_yaml(file))
    for name in TEACHERS:
        if f"'embedded': '{name}'" in said and not place_of(name).is_file():
            pytest.skip(f"skipped: {place_of(name)} not found (evokd models get {name})")


@pytest.mark.parametrize("name", WHOLE)
def test_no_answer_of_a_teacher_is_waited_for_too_short(name: str) -> None:
    file = EXAMPLES / f"{name}.yaml"
    skip_without(file)
    cells = expand(load_study(file), EXAMPLES).cells
    asked = {teacher for cell in cells for teacher in cell.config.teachers.every()}
    assert {teacher.timeout_s for teacher in asked} == {600}


def test_a_control_follows_the_arm_it_is_one_of() -> None:
    file = EXAMPLES / "feedback.yaml"
    skip_without(file)
    cells = expand(load_study(file), EXAMPLES).cells
    by_place = {(cell.axes.variant, cell.axes.seed): cell for cell in cells}
    for seed in range(1, 6):
        assert by_place["yoked", seed].follows == by_place["full", seed + 1].id


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=() if path.stem in QUICK else pytest.mark.docs) for path in STUDIES],
    ids=lambda path: path.stem,
)
def test_its_plan_stays_within_the_budgets(path: Path) -> None:
    skip_without(path)
    result = CliRunner().invoke(
        app, ["plan", str(path), "--format", "json"], env={"OPENAI_API_KEY": None}
    )
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["total"]["cells"] == CELLS[path.stem]
    assert document["total"]["calls"] > 0
    for row in document["methods"]:
        tokens = row["prompt_tokens"] + row["completion_tokens"]
        assert tokens <= row["at_most_tokens"]
        assert (tokens == 0) == (row["method"] in ("no_aug", "eda", "full_shot"))
