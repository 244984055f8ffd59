"""What of the student's verdicts the analyst gets to see."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from agents.records import Mark, Marked
from evokd.config import FeedbackConfig, LoopConfig
from graph.core.feedback import shown

MARKS: tuple[Mark, ...] = ("right", "wrong", "uncertain")


def marked(number: int, mark: Mark, margin: float = 0.5) -> Marked:
    predicted = "b" if mark == "wrong" else "a"
    return Marked(f"row-{number}", f"text {number}", "a", predicted, margin, mark)


rows_of_any_kind = st.lists(st.tuples(st.sampled_from(MARKS), st.floats(0, 1)), max_size=60).map(
    lambda kinds: [marked(i, mark, margin) for i, (mark, margin) in enumerate(kinds)]
)


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
