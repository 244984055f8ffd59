"""Weights of rows: factors of mean 1, whatever they go by, and products of several."""

from __future__ import annotations

from typing import Any

import pytest

from evokd.config import StudentConfig
from graph.core.row_weights import WeighedRow, composed, normalised, row_factors


def row(name: str, **more: Any) -> WeighedRow:
    fields = {"label": "a", "kind": "hard", "level": None, "agreement": 1.0, "distribution": None}
    return WeighedRow(name, **{**fields, **more})


ROWS = [
    row("1", kind="easy", level=1, distribution={"a": 0.9, "b": 0.1}),
    row("2", level=3, agreement=0.5),
    row("3", kind="plain"),
]
MEASURED = {"1": 0.5, "2": 0.9}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {}),
        ({"weights": "confidence"}, {"1": 0.9, "2": 0.5, "3": 1.0}),
        ({"weights": "kind", "weight_of": {"hard": 2}}, {"1": 1.0, "2": 2.0, "3": 1.0}),
        ({"weights": "level"}, {"1": 1.0, "2": 3.0}),
        ({"weights": "level", "weight_of": {"3": 5}}, {"1": 1.0, "2": 5.0}),
        ({"weights": "difficulty"}, {"1": 0.5, "2": 0.1}),
        ({"weights": "difficulty", "weight_power": 2}, {"1": 0.25, "2": 0.01}),
        ({"weights": "value"}, {"1": 0.5, "2": 0.9}),
    ],
)
def test_factors(settings: dict[str, Any], expected: dict[str, float]) -> None:
    config = StudentConfig.model_validate(settings)
    assert row_factors(config, ROWS, MEASURED, lambda label: (label,)) == pytest.approx(expected)


def test_rows_that_would_do_harm_count_nothing() -> None:
    config = StudentConfig(weights="value")
    found = row_factors(config, ROWS, {"1": -2.0, "2": 1.0}, lambda label: (label,))
    assert normalised(found, ["1", "2"]) == {"1": 0.0, "2": 2.0}


def test_the_mean_is_one_over_the_rows_that_are_taught() -> None:
    found = normalised({"a": 1.0, "b": 3.0, "c": 100.0}, ["a", "b", "b", "seed"])
    assert found == {"a": 0.5, "b": 1.5}
    assert normalised({"a": 0.0, "b": 0.0}, ["a", "b"]) == {"a": 1.0, "b": 1.0}
    assert normalised({}, ["a"]) == {}


def test_what_several_say_is_multiplied() -> None:
    assert composed(None, None) is None
    assert composed({"a": 0.5}, None, {"a": 0.5, "b": 2.0}) == {"a": 0.25, "b": 2.0}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"weights": "kind"}, "needs `weight_of`"),
        ({"weight_of": {"hard": 2}}, "goes with"),
        ({"weights": "kind", "weight_of": {"1": 2}}, "easy, hard or plain"),
        ({"weights": "level", "weight_of": {"hard": 2}}, "levels"),
        ({"weights": "kind", "weight_of": {"hard": -1}}, "at least 0"),
        ({"weights": "kind", "weight_of": {"hard": float("inf")}}, "at least 0"),
    ],
)
def test_settings_that_say_nothing(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        StudentConfig.model_validate(settings)
