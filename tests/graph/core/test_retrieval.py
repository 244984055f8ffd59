from __future__ import annotations

import random
from dataclasses import replace

import numpy as np

from agents.records import Marked
from evokd.tasks.pool import PoolText
from graph.core.pool_share import PoolShare
from graph.core.retrieval import Shelf, mistakes

POOL = tuple(PoolText(f"pool-{n}", f"text {n}") for n in range(6))
RIGHT = Marked("a", "one", "x", "x", 0.9, "right")


def shelf(*places: int) -> Shelf:
    """Texts on a circle; a row named n lies by text n."""
    angles = np.arange(6) * np.pi / 3
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    return Shelf(POOL, list(places), circle, lambda texts: circle[[int(text) for text in texts]])


def test_mistakes_are_the_wrong_rows_else_the_least_sure() -> None:
    wrong, unsure = replace(RIGHT, row="b", mark="wrong"), replace(RIGHT, row="c", mark="uncertain")
    assert mistakes([RIGHT, wrong, unsure]) == [wrong]
    assert mistakes([RIGHT, unsure]) == [unsure]
    assert mistakes([RIGHT]) == []


def test_passages_are_near_to_a_mistake_and_say_which() -> None:
    books = shelf(0, 1, 2, 3, 5)
    found = books.take(3, [("row-a", "1"), ("row-b", "4")], random.Random(1), "x")
    assert {(one.row, one.near) for one in found if one.near == ("row-a",)} >= {
        ("pool-1", ("row-a",))
    }
    assert {one.row for one in found if one.near == ("row-b",)} <= {"pool-3", "pool-5"}
    assert {one.target for one in found} == {"x"}
    assert not {one.row for one in found} & {f"pool-{place}" for place in books.places}


def test_without_a_mistake_texts_are_drawn_and_none_twice() -> None:
    books = shelf(*range(6))
    first, second = (books.take(4, [], random.Random(1)) for _ in range(2))
    assert len(first) == 4 and len(second) == 2
    assert len({one.row for one in (*first, *second)}) == 6
    assert all(one.near == () and one.target is None for one in first)


def test_a_round_takes_its_share_as_far_as_the_pool_reaches() -> None:
    assert PoolShare(0.5, 100).labelled(9) == 4
    assert PoolShare(0.5, 3).labelled(9) == 3
    assert PoolShare(0.0, 100).labelled(9) == PoolShare(1.0, 0).labelled(9) == 0
    assert PoolShare(1.0, 100).labelled(9) == 9
