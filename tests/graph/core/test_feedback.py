"""What of the student's verdicts the analyst gets to see."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agents.records import Mark, Marked
from evokd.config import FeedbackConfig, LoopConfig
from graph.core.feedback import UNCERTAIN, least_sure, shown

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


def test_a_small_cap_is_a_random_choice_with_hard_and_easy_rows_mixed() -> None:
    rows = [replace(marked(i, "wrong"), kind="easy" if i < 16 else "hard") for i in range(24)]
    seen: set[str] = set()
    for seed in range(40):
        chosen = shown(rows, LoopConfig(), random.Random(seed), {"wrong": 4})
        assert sorted(row.kind for row in chosen) == ["easy", "easy", "hard", "hard"]
        seen |= {row.row for row in chosen}
    assert seen == {row.row for row in rows}


def test_without_the_channel_no_row_is_shown() -> None:
    loop = LoopConfig(feedback=FeedbackConfig(rows=False, report=True))
    assert shown([marked(1, "wrong"), marked(2, "right")], loop, random.Random(1)) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_when_all_is_right_the_lowest_margins_are_uncertain(margins: list[float]) -> None:
    rows = [marked(i, "right", margin) for i, margin in enumerate(margins)]
    told = least_sure(rows)
    unsure = [row.margin for row in told if row.mark == "uncertain"]
    assert len(unsure) == min(UNCERTAIN, len(rows))
    assert max(unsure) <= min((row.margin for row in told if row.mark == "right"), default=1)
    one_wrong = [*rows, marked(99, "wrong")]
    assert least_sure(one_wrong) == one_wrong
