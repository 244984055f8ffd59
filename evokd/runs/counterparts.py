"""A call's counterpart: the one that its prompt is best held against.

In its own run that is the one before it of its role. In another run it is the call of the same role
in the same round: for the same slot and voter, where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evokd.ledger.neighbours import beside, of_round
from evokd.runs.files import reading
from evokd.runs.run import Run


@dataclass(frozen=True)
class Counterpart:
    """A call, and why it is this one."""

    call: str
    """Its id."""
    why: str
    """`the same place of round 2`."""


@dataclass(frozen=True)
class Beside:
    """Calls of the same role around one; None at the ends."""

    before: str | None
    after: str | None


def around(run: Run, book: Mapping[str, Any]) -> Beside:
    """The calls of its role before and after one.

    Args:
        run: The call's run.
        book: Its row in the ledger.

    Raises:
        Unreadable: there is no ledger.
    """
    role, number = book.get("agent"), book.get("seq")
    if not isinstance(role, str) or not isinstance(number, int):
        return Beside(None, None)
    with reading(run.path, "ledger.sqlite") as db:
        before = beside(db, role, number, after=False)
        return Beside(before, beside(db, role, number, after=True))


def in_other_run(run: Run, book: Mapping[str, Any]) -> Counterpart | None:
    """What another run has in the place of a call; None where the role made no call there.

    Args:
        run: The other run.
        book: The call's row in the ledger of its own; `agent` will do, `round` makes it exact.

    Raises:
        Unreadable: there is no ledger.
    """
    role, number = str(book.get("agent") or ""), book.get("round")
    with reading(run.path, "ledger.sqlite") as db:
        found = of_round(db, role, number) if isinstance(number, int) else []
        first = found[:1] or of_round(db, role, None)
    place = (book.get("slot"), book.get("voter"))
    same = [one["id"] for one in found if (one["slot"], one["voter"]) == place]
    if same:
        return Counterpart(same[0], f"the same place of round {number}")
    if not first:
        return None
    return Counterpart(first[0]["id"], f"the first of its role in round {first[0]['round']}")
