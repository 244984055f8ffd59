"""`evokd forecast`: of a run, of a study, and where there is nothing to say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Evokd
from tests.runs.made_run import make_run
from tests.studies.made_up import token_curves

TEXTS = [("Great phone.", "It is a phone.")]


def test_of_a_run_with_rounds_enough(evokd: Evokd, tmp_path: Path) -> None:
    made = make_run(tmp_path / "run", TEXTS * 6)
    result = evokd("forecast", made.path, "--target", "0.9999")
    assert result.exit_code == 0, result.stderr
    assert "test macro-F1 after 6 rounds" in result.stdout
    assert "gain of the next 1,000 tokens" in result.stdout
    assert "tokens to 0.9999" in result.stdout
    told = json.loads(evokd("forecast", made.path, "--json", "--target", "0.9").stdout)
    assert told["forecast"]["rounds"] == 6
    assert told["forecast"]["target"]["score"] == 0.9
    assert 0 < told["forecast"]["limit"]["value"] <= 1


def test_of_a_run_with_too_few(evokd: Evokd, tmp_path: Path) -> None:
    made = make_run(tmp_path / "run")
    result = evokd("forecast", made.path)
    assert result.exit_code == 0
    said = " ".join(result.stdout.split())
    assert said == ("no forecast: it takes 5 rounds that cost tokens and have a score, here are 2")
    told = json.loads(evokd("forecast", made.path, "--json").stdout)
    assert told["forecast"] is None and "5 rounds" in told["reason"]


def test_of_a_study(evokd: Evokd, tmp_path: Path) -> None:
    folder = token_curves(tmp_path / "study", seeds=2, methods=("evokd", "static")).write()
    result = evokd("forecast", folder, "--gain", "0.003")
    assert result.exit_code == 0, result.stderr
    assert "replayed on 4 curves" in " ".join(result.stdout.split())
    told = json.loads(evokd("forecast", folder, "--gain", "0.003", "--json").stdout)
    assert [arm["method"] for arm in told["arms"]] == ["evokd", "static"]
    rule = told["rules"][0]
    assert (rule["rule"], rule["curves"]) == ("loop.stop_below_gain: 0.003", 4)
    assert 0 <= rule["right"] <= rule["stops"] <= 4


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--target", "1.2"), "--target: expected a score between 0 and 1"),
        (("--gain", "0.002"), "--gain: is for a study"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(
    evokd: Evokd, tmp_path: Path, arguments: tuple[str, str], reason: str
) -> None:
    result = evokd("forecast", make_run(tmp_path / "run").path, *arguments)
    assert result.exit_code == 2
    assert reason in result.stderr


def test_a_folder_of_neither_is_refused(evokd: Evokd, tmp_path: Path) -> None:
    result = evokd("forecast", tmp_path)
    assert result.exit_code == 2
    assert "holds neither a run" in result.stderr
