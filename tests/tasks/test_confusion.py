"""Counts of right and said classes: of every kind they give the report that its scores give."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.config import TaskConfig
from evokd.tasks.confusion import Confusion, confusion_of
from evokd.tasks.example import Example
from evokd.tasks.formats import task_format_of
from evokd.tasks.formats.multi import join
from evokd.tasks.formats.reasoning import UNPARSED
from evokd.tasks.label_sets import encode

DATA = {"train": "t.jsonl", "test": "t.jsonl"}
LABELS = {"a": "A", "b": "B", "c": "C"}
TEXT = "Jack Ruby was born in Dallas, and Oswald in New Orleans."


def counted(about: dict[str, Any], pairs: list[tuple[str, str]], text: str = "x") -> Confusion:
    """The counts, after they have been checked against the kind's own report."""
    task_format = task_format_of(TaskConfig.model_validate({"data": DATA} | about))
    rows = [Example(f"test-{at}", text, right) for at, (right, _) in enumerate(pairs)]
    predicted = [said for _, said in pairs]
    found = confusion_of(task_format, rows, predicted)
    assert found is not None
    known = task_format.report(rows, predicted)
    assert found.report().keys() == known.keys()
    for name, line in found.report().items():
        assert line == pytest.approx(known[name]), name
    assert Confusion.from_json(json.loads(json.dumps(found.to_json()))) == found
    return found


NAMES = st.sampled_from(["a", "b", "c"])


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=20))
def test_classes(pairs: list[tuple[str, str]]) -> None:
    found = counted({"labels": LABELS}, pairs)
    assert found.total == len(pairs)
    assert found.counts.get(("a", "b"), 0) == pairs.count(("a", "b"))


SETS = st.sets(NAMES).map(lambda names: encode(names, list(LABELS)))


@given(st.lists(st.tuples(SETS, SETS), min_size=1, max_size=20))
def test_sets_of_labels_are_counted_label_by_label(pairs: list[tuple[str, str]]) -> None:
    if any(name in one for pair in pairs for one in pair for name in LABELS):
        counted({"kind": "multilabel", "labels": LABELS}, pairs)


HEADS = {
    "topic": {"column": "topic", "labels": {"sport": "", "news": ""}},
    "mood": {"column": "mood", "labels": {"good": "", "bad": ""}},
}
BOTH = st.builds(
    lambda topic, mood: join({"topic": topic, "mood": mood}),
    st.sampled_from(["sport", "news"]),
    st.sampled_from(["good", "bad"]),
)


@given(st.lists(st.tuples(BOTH, BOTH), min_size=1, max_size=12))
def test_heads_are_counted_each_by_itself(pairs: list[tuple[str, str]]) -> None:
    found = counted({"kind": "multi", "heads": HEADS}, pairs)
    assert found.total == 2 * len(pairs)
    heads = {(str(a).partition(":")[0], str(b).partition(":")[0]) for a, b in found.counts}
    assert heads <= {("topic", "topic"), ("mood", "mood")}


JACK, DALLAS, OSWALD = (
    '[0,9,"Peop","Jack Ruby"]',
    '[22,28,"Loc","Dallas"]',
    '[34,40,"Peop","Oswald"]',
)
RUBY, DALLAS_AS = '[5,9,"Peop","Ruby"]', '[22,28,"Peop","Dallas"]'


def test_entities_by_extent() -> None:
    about = {"kind": "ner", "labels": {"Peop": "people", "Loc": "places"}}
    pairs = [
        (f"[{JACK},{DALLAS}]", f"[{JACK},{DALLAS_AS}]"),
        (f"[{JACK},{OSWALD}]", f"[{RUBY}]"),
        ("[]", f"[{DALLAS}]"),
    ]
    assert counted(about, pairs, TEXT).counts == {
        ("Peop", "Peop"): 1,
        ("Loc", "Peop"): 1,
        ("Peop", None): 2,  # one is cut wrongly, one is missed
        (None, "Peop"): 1,
        (None, "Loc"): 1,
    }


def test_letters_and_numbers_of_reasoning() -> None:
    letters = {"kind": "reasoning", "answers": "letter"}
    task_format = task_format_of(TaskConfig.model_validate({"data": DATA} | letters))
    rows = [Example("test-0", "q", "A"), Example("test-1", "q", "B")]
    found = confusion_of(task_format, rows, ["B", UNPARSED])
    assert found is not None and found.counts == {("A", "B"): 1, ("B", None): 1}
    numbers = task_format_of(TaskConfig.model_validate({"data": DATA, "kind": "reasoning"}))
    assert confusion_of(numbers, [Example("test-0", "q", "12")], ["13"]) is None


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {"classes": ["a"]}, {"classes": ["a"], "counts": [[0, 1, 2]]},
     {"classes": ["a"], "counts": [[0, 0]]}, {"classes": ["a"], "counts": [[0, 0, 0]]},
     {"classes": ["a"], "counts": [[[], 0, 1]]}],
)  # fmt: skip
def test_what_is_no_counts_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="no confusion"):
        Confusion.from_json(data)
