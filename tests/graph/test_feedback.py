"""What of the student's verdicts the analyst gets to see."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from agents.records import Mark, Marked
from evokd.config import FeedbackConfig, LoopConfig
from graph.feedback import shown, shuffled
from tests.agents.forms import classes

FORM = classes("a", "b", "c")
MARKS: tuple[Mark, ...] = ("right", "wrong", "uncertain")


def marked(number: int, mark: Mark, margin: float = 0.5) -> Marked:
    predicted = "b" if mark == "wrong" else "a"
    return Marked(f"row-{number}", f"text {number}", "a", predicted, margin, mark)


rows_of_any_kind = st.lists(st.tuples(st.sampled_from(MARKS), st.floats(0, 1)), max_size=60).map(
    lambda kinds: [marked(i, mark, margin) for i, (mark, margin) in enumerate(kinds)]
)


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


@given(rows_of_any_kind, st.integers(0, 5))
def test_confident_mistakes_are_the_surest_and_shown_once(rows: list[Marked], n: int) -> None:
    loop = LoopConfig(feedback=FeedbackConfig(confident=n), show_wrong=3, show_right=2)
    seen = shown(rows, loop, random.Random(1))
    assert len({row.row for row in seen}) == len(seen)
    confident = [row for row in seen if row.mark == "confident"]
    wrong = [row for row in rows if row.mark == "wrong"]
    assert len(confident) == min(n, len(wrong))
    rest = [row.margin for row in wrong if row.row not in {c.row for c in confident}]
    assert not rest or min((c.margin for c in confident), default=1.0) >= max(rest) or not n
    assert sum(row.mark == "wrong" for row in seen) <= 3
