"""Every study in examples/studies/ can be planned, and so be run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evokd.cli.commands import app
from evokd.studies.grid.cells import expand
from evokd.studies.grid.check import check_all
from evokd.studies.grid.config import load_study
from tests.graph.methods.names import ENCODER_METHODS

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "studies"
SHARED = EXAMPLES.parents[2] / "shared" / "data"
STUDIES = sorted(EXAMPLES.glob("*.yaml"))
CELLS = {
    "few_shot": 60,
    "ablation": 48,
    "token_curve": 90,
    "adaptability": 9,
    "improvements": 18,
    "strategy": 15,
    "paper_classification": 5 * 5 * (3 * 11 + 1),
    "translation": 9,
    "ner": 12,
    "kinds": 27,
    "continual": 6,
    "dasd": 12,
    "feedback": 40,
    "pool": 70,
    "pool_targets": 10,
    "retention": 9 * 5,
    "lean": 100,
}
QUICK = ("improvements", "kinds")
"""Studies whose plan takes seconds."""
KINDS = {"few_shot", "ablation", "token_curve", "adaptability", "strategy"}


def test_no_study_is_missed() -> None:
    assert {path.stem for path in STUDIES} == set(CELLS)
    assert {load_study(path).kind for path in STUDIES} == KINDS


def test_the_token_curve_has_every_method() -> None:
    assert load_study(EXAMPLES / "token_curve.yaml").grid.method is not None
    assert set(load_study(EXAMPLES / "token_curve.yaml").grid.method or ()) == set(ENCODER_METHODS)


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_study_expands_and_passes_its_checks(path: Path) -> None:
    if not (SHARED / "uci_amazon").is_dir():
        pytest.skip("skipped: ../shared/data not found")
    grid = expand(load_study(path), path.parent)
    check_all(grid, keys=False)
    assert len(grid.cells) == CELLS[path.stem]


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=() if path.stem in QUICK else pytest.mark.docs) for path in STUDIES],
    ids=lambda path: path.stem,
)
def test_its_plan_stays_within_the_budgets(path: Path) -> None:
    if not (SHARED / "uci_amazon").is_dir():
        pytest.skip("skipped: ../shared/data not found")
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
