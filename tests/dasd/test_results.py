"""Students side by side, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from evokd.dasd.results import compare, side_by_side


def line(right: bool, answer: str | None = "A", finish: str = "stop") -> dict[str, Any]:
    return {
        "id": "q",
        "question": "?",
        "gold": "A",
        "answer": answer,
        "right": right,
        "finish": finish,
        "tokens": 5,
        "text": "…",
        "likeliest": "A",
    }


def test_shares_intervals_and_tests_are_those_of_the_report() -> None:
    base = [line(i < 18) for i in range(50)]
    taught = [line(i < 41) for i in range(50)]
    found = compare({"base": base, "stage1": taught})
    assert found["base"]["accuracy"] == 0.36
    assert found["base"]["low"] == pytest.approx(0.241, abs=5e-4)
    assert found["base"]["high"] == pytest.approx(0.499, abs=5e-4)
    assert found["base"]["against"] == {"arm": "stage1", "gained": 0, "lost": 23, "p": 2 / 2**23}
    assert found["stage1"]["against"] is None


def test_what_can_not_be_read_and_what_was_cut_are_counted_apart() -> None:
    lines = [line(True), line(False, None), line(False, None, "length")]
    found = compare({"base": lines})["base"]
    assert (found["right"], found["unparsed"], found["truncated"]) == (1, 2, 1)
    assert found["likeliest_right"] == 3


def test_questions_that_students_differ_on_come_first() -> None:
    rows = side_by_side(
        {"base": [line(True), line(False)], "stage1": [line(True), line(True)]}, shown=1
    )
    assert [one["right"] for one in rows[0]["answers"].values()] == [False, True]
