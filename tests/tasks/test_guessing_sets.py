"""Columns of sets of labels, found or left alone."""

from __future__ import annotations

from typing import Any

import pytest

from evokd.tasks.guessing_sets import guess_sets


def rows(values: list[Any], name: str = "labels", times: int = 4) -> list[dict[str, Any]]:
    many = values * times
    return [{"text": f"text of row {i}", name: value} for i, value in enumerate(many)]


@pytest.mark.parametrize(
    ("values", "separator"),
    [
        ([["late"], ["late", "refund"], []], None),
        ([[0], [0, 1], [2]], None),
        (['["late"]', '["refund","late"]', "[]"], None),
        (["late", "late|refund", "refund"], "|"),
        (["late; lost", "late; refund", "refund; lost", None], ";"),
        (["late", "late,refund", "refund"], ","),
    ],
)
def test_sets_are_found(values: list[Any], separator: str | None) -> None:
    found = guess_sets(rows(values), "text")
    assert found is not None and (found.name, found.separator) == ("labels", separator)
    assert len(found.values) == 4 * len(values)


@pytest.mark.parametrize(
    "values",
    [
        ["late", "refund"],
        ["Arts, Culture", "Sports, Games"],  # names of one class each
        ["A long text, with commas in it", "another one, of that kind"],
        [["The", "lid"], ["is", "blue", "is"]],  # words, one of them twice
        [[{"a": 1}], []],
        [["late", ["refund"]], []],
        [None, None],
        [1, 2],
    ],
)
def test_other_columns_are_none(values: list[Any]) -> None:
    assert guess_sets(rows(values), "text") is None


def test_of_several_the_one_that_is_called_so() -> None:
    made = rows([["late"], ["late", "refund"]])
    for row in made:
        row["tags"] = row["labels"]
    found = guess_sets(made, "text")
    assert found is not None and found.name == "labels"
    named = guess_sets(made, "text", "tags")
    assert named is not None and named.name == "tags"
    assert guess_sets(made, "text", "other") is None


def test_what_is_said_of_them() -> None:
    found = guess_sets(rows([["late"], ["late", "refund"], [], None]), "text")
    assert found is not None
    assert found.counts() == {"late": 8, "refund": 4}
    assert found.why == "sets of labels, lists (2 labels, 1.0 a row)"
    assert [note.split(" rows")[0] for note in found.notes()] == ["4 of 16", "4"]
