from __future__ import annotations

from typing import Any

import pytest

from evokd.runs.cells import title_of

CELL = {"cell": "4c23", "method": "evokd", "task": "trec6", "shots": 1, "seed": 3, "budget": 6000}


@pytest.mark.parametrize(
    ("variant", "title"),
    [
        ("no_critic", "evokd trec6 no_critic 1-shot seed 3 6,000 tokens"),
        ("default", "evokd trec6 1-shot seed 3 6,000 tokens"),
        ("evokd", "evokd trec6 1-shot seed 3 6,000 tokens"),
        (None, "evokd trec6 1-shot seed 3 6,000 tokens"),
    ],
)
def test_a_cell_is_named_by_its_axes_and_no_word_twice(variant: Any, title: str) -> None:
    assert title_of({**CELL, "variant": variant}) == title


def test_a_cell_without_axes_has_its_id() -> None:
    assert title_of({"cell": "4c23"}) == "4c23"
