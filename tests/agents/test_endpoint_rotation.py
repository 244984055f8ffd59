"""Members of a committee take turns, and none is bound to a class."""

from __future__ import annotations

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from agents.endpoint_rotation import whose_turn


def test_one_member_does_it_all() -> None:
    assert {whose_turn(turn, 1, 4) for turn in range(20)} == {0}


def test_two_personas_each_write_for_both_classes() -> None:
    assert [(turn % 2, whose_turn(turn, 2, 2)) for turn in range(4)] == [
        (0, 0),
        (1, 1),
        (0, 1),
        (1, 0),
    ]


@given(st.integers(1, 6), st.integers(1, 9))
def test_all_members_write_for_all_classes_equally_often(members: int, classes: int) -> None:
    period = math.lcm(members, classes) * members
    counts = Counter((turn % classes, whose_turn(turn, members, classes)) for turn in range(period))
    assert len(counts) == members * classes
    assert len(set(counts.values())) == 1
