"""Weights against losses, by hand."""

from __future__ import annotations

import pytest

from graph.core.weight_effect import effective_rows, weight_effect


def test_quarters_by_hand() -> None:
    weights = {f"r{n}": float(n) for n in range(1, 9)}
    before = dict.fromkeys(weights, 1.0)
    after = {row: 1.0 - weight / 10 for row, weight in weights.items()}
    found = weight_effect(weights, before, after)
    assert found is not None
    spread = [found[name] for name in ("rows", "min", "q1", "median", "q3", "max")]
    assert spread == [8, 1, 2.75, 4.5, 6.25, 8]
    assert found["effective"] == pytest.approx(36**2 / 204, abs=1e-4)
    assert [part["rows"] for part in found["quarters"]] == [2, 2, 2, 2]
    assert [part["weight"] for part in found["quarters"]] == [1.5, 3.5, 5.5, 7.5]
    falls = [part["before"] - part["after"] for part in found["quarters"]]
    assert falls == pytest.approx([0.15, 0.35, 0.55, 0.75])


def test_rows_that_weigh_the_same_stay_together() -> None:
    weights = {"a": 0.5, "b": 0.5, "c": 0.5, "d": 1.5, "e": 1.5, "f": 1.5}
    known = dict.fromkeys(weights, 1.0)
    found = weight_effect(weights, known, known)
    assert found is not None
    assert [part["rows"] for part in found["quarters"]] == [3, 0, 3, 0]
    assert found["quarters"][1] == {"rows": 0, "weight": None, "before": None, "after": None}


def test_only_rows_with_both_losses_are_parted_and_all_weights_are_spread() -> None:
    found = weight_effect({"a": 1.0, "old": 3.0}, {"a": 0.7, "b": 1.0}, {"a": 0.2, "old": 0.1})
    assert found is not None
    assert (found["rows"], found["max"]) == (2, 3)
    assert found["quarters"][0] == {"rows": 1, "weight": 1, "before": 0.7, "after": 0.2}
    assert sum(part["rows"] for part in found["quarters"]) == 1


def test_without_weights_there_is_nothing() -> None:
    assert weight_effect(None, {"a": 1.0}, {"a": 0.5}) is None
    assert weight_effect({}, {}, {}) is None


def test_effective_rows() -> None:
    assert effective_rows([1, 1, 1, 1]) == 4
    assert effective_rows([1, 0, 0, 0]) == 1
    assert effective_rows([0, 0]) == 0
