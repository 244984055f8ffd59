"""Which classes a prompt lists: the confused first, then those with few rows, all in their turn."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from agents.records import Mark, Marked
from agents.shortlist import confusions, shortlist
from tests.agents.forms import classes

NAMES = tuple(f"intent_{n:02}" for n in range(77))


def marked(gold: str, said: str, mark: Mark = "wrong") -> Marked:
    return Marked("r", "text", gold, said, 0.5, mark)


def test_few_classes_need_no_list() -> None:
    for most in (None, 77, 100):
        assert shortlist(NAMES, confused={}, rows={}, most=most, key="1") == ()


def test_confused_classes_stand_in_it_and_the_rest_have_the_fewest_rows() -> None:
    confused = {"intent_05": 1, "intent_70": 3}
    rows = dict.fromkeys(NAMES, 2) | {"intent_33": 0, "intent_44": 1}
    found = shortlist(NAMES, confused=confused, rows=rows, most=4, key="1")
    assert found == ("intent_05", "intent_33", "intent_44", "intent_70")


def test_confusions_leave_room_for_the_others() -> None:
    confused = dict.fromkeys(NAMES[:40], 5) | {"intent_39": 9}
    found = shortlist(NAMES, confused=confused, rows={}, most=12, key="1")
    assert len(found) == 12 and "intent_39" in found
    assert sum(name in confused for name in found) >= 8
    worst = [shortlist(NAMES, confused=confused, rows={}, most=12, key=str(k)) for k in range(99)]
    assert {name for one in worst for name in one} == set(NAMES)


@given(st.integers(2, 20), st.integers(0, 5))
def test_every_class_has_its_turn_as_rows_come_in(most: int, seed: int) -> None:
    rows: Counter[str] = Counter()
    seen: set[str] = set()
    for number in range(-(-len(NAMES) // most)):
        found = shortlist(NAMES, confused={}, rows=rows, most=most, key=f"{seed}/{number}")
        assert len(found) == most and list(found) == sorted(found)
        rows.update(found)
        seen |= set(found)
    assert seen == set(NAMES)


def test_the_list_is_the_same_for_the_same_key_and_changes_with_it() -> None:
    lists = [shortlist(NAMES, confused={}, rows={}, most=12, key=key) for key in ("1", "1", "2")]
    assert lists[0] == lists[1] != lists[2]


def test_confusions_count_gold_and_predicted_of_wrong_rows_alone() -> None:
    form = classes("a", "b", "c")
    rows = [marked("a", "b"), marked("a", "c", "confident"), marked("c", "c", "right")]
    rows.append(marked("b", "b", "uncertain"))
    assert confusions(rows, form) == {"a": 2, "b": 1, "c": 1}
