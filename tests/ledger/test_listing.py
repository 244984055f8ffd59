"""Lists of calls: conditions, orders, rows by number."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from evokd.ledger.attempts import ORDERS
from evokd.ledger.listing import AT_ONCE, Condition, numbers_of, numbers_where, rows_of
from evokd.store.sqlite import connect_read_only
from tests.runs.made_run import Made, make_run


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """10 calls, 5 a round: analyst, then twice a writer and a labeler."""
    return make_run(tmp_path / "one")


@pytest.fixture
def db(made: Made) -> sqlite3.Connection:
    return connect_read_only(made.path / "ledger.sqlite")


@pytest.mark.parametrize(
    ("conditions", "numbers"),
    [
        ((), list(range(1, 11))),
        ((Condition("agent", "is", ("labeler", "analyst")),), [1, 3, 5, 6, 8, 10]),
        ((Condition("agent", "has", ("LABEL",)), Condition("round", "between", (2, 9))), [8, 10]),
        ((Condition("target", "has", ("r",), without=True),), [1, 6]),
        ((Condition("source", "begins", ("war",)),), [1]),
        ((Condition("source", "begins", ("up",)),), []),
        ((Condition("source", "has", ("%",)),), []),
        ((Condition("status", "is", ("' OR 1 --",)),), []),
    ],
)
def test_conditions(
    db: sqlite3.Connection, conditions: tuple[Condition, ...], numbers: list[int]
) -> None:
    assert list(numbers_where(db, conditions, "seq", False)) == numbers
    assert list(numbers_where(db, conditions, "seq", True)) == numbers[::-1]
    for order in ORDERS:
        assert sorted(numbers_where(db, conditions, order, True)) == numbers


def test_equal_ones_stand_as_they_were_opened(db: sqlite3.Connection) -> None:
    assert list(numbers_where(db, (), "tokens", False)) == list(range(1, 11))
    assert list(numbers_where(db, (), "round", True)) == list(range(10, 0, -1))


def test_rows_come_as_they_are_asked_for(made: Made, db: sqlite3.Connection) -> None:
    rows = rows_of(db, [7, 2, 99])
    assert [row["id"] for row in rows] == [made.calls[6], made.calls[1]]
    assert rows[0]["agent"] == "hard_generator" and rows_of(db, []) == []
    asked = ["nobody"] * AT_ONCE + made.calls
    assert numbers_of(db, asked) == {call: at for at, call in enumerate(made.calls, 1)}
