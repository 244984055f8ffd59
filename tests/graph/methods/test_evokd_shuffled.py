"""The control with shuffled marks."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from agents.records import Marked
from graph.methods.evokd_shuffled import shuffled
from tests.agents.forms import classes
from tests.graph.core.test_feedback import marked, rows_of_any_kind

FORM = classes("a", "b", "c")


@given(rows_of_any_kind, st.integers(0, 99))
def test_shuffled_marks_keep_their_number_and_say_nothing_inconsistent(
    rows: list[Marked], seed: int
) -> None:
    mixed = shuffled(rows, FORM, random.Random(seed))
    assert [(r.row, r.text, r.label) for r in mixed] == [(r.row, r.text, r.label) for r in rows]
    assert Counter(r.mark for r in mixed) == Counter(r.mark for r in rows)
    assert all((r.predicted != r.label) == (r.mark == "wrong") for r in mixed)


def test_shuffled_marks_are_another_order() -> None:
    rows = [marked(i, "wrong" if i < 8 else "right") for i in range(16)]
    before = {row.row for row in rows if row.mark == "wrong"}
    draws = [shuffled(rows, FORM, random.Random(seed)) for seed in range(20)]
    kept = [len(before & {r.row for r in mixed if r.mark == "wrong"}) for mixed in draws]
    assert 2 < sum(kept) / len(kept) < 6  # 4 of 8 by chance
