"""Roles that got nothing: no call that they made was usable, be it refused or unreadable.

Of a role that a run needs (`RoleSpec.needed`) the whole run has failed; of a round, of one endpoint
among several, or of a role that the run can do without, it is said.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evokd.ledger import outcomes
from evokd.runs.files import reading
from evokd.runs.formatting import several
from evokd.runs.remedies import endpoint_key, remedy
from evokd.runs.run import Run
from evokd.runs.usable import LEAST, RoleReplies, cause, read_usable

LONG = 240
"""Characters of what was said most often."""


@dataclass(slots=True)
class Silence:
    """What came instead of usable replies."""

    role: str
    model: str
    said: Counter[str] = field(default_factory=Counter)
    """What the server, or who read the reply, said was wrong → attempts."""
    refused: int = 0
    """Attempts that the server answered with an error, or not at all."""

    @property
    def calls(self) -> int:
        """Attempts."""
        return self.said.total()

    @property
    def most_said(self) -> str:
        """What was said most often."""
        return self.said.most_common(1)[0][0]

    @property
    def words(self) -> str:
        """The same in one line, shortened."""
        text = " ".join(self.most_said.split())
        return text if len(text) <= LONG else f"{text[: LONG - 1].rstrip()}…"


def silent_roles(ledger: sqlite3.Connection, round_number: int | None = None) -> list[Silence]:
    """Roles of which nothing was usable, in a round or in all of the run so far."""
    if round_number is None:
        return list(_silences(ledger, "agent").values())
    by_round = _silences(ledger, "agent", "round")
    return [one for (_, number), one in by_round.items() if number == round_number]


def silent_endpoints(ledger: sqlite3.Connection) -> list[tuple[int, Silence]]:
    """Endpoints, by their position, of which nothing was usable while others of the role worked."""
    silent = {one.role for one in silent_roles(ledger)}
    found = _silences(ledger, "agent", "voter").items()
    return [(at, one) for (role, at), one in found if role not in silent and one.calls >= LEAST]


def _silences(ledger: sqlite3.Connection, *names: str) -> dict[Any, Silence]:
    found: dict[Any, Silence] = {}
    for row in outcomes.failures(ledger, *names):
        key = tuple(row[name] for name in names)
        one = found.setdefault(key, Silence(row["agent"], row["model"]))
        one.said[row["error"] or "no reason given"] += row["calls"]
        one.refused += row["calls"] if row["status"] == "error" else 0
    return found


def explained(one: Silence, replies: Sequence[RoleReplies], config: Mapping[str, Any]) -> str:
    """A silent role in words: what was said, and the key of the config that helps.

    Args:
        one: The role.
        replies: Those that came, of all roles.
        config: The run's, as a mapping; it may be of another version.
    """
    if 2 * one.refused >= one.calls:
        return f"{one.role}: {_nothing(one)}; {remedy(one.role, one.most_said, config)}"
    own = next((role for role in replies if role.role == one.role), None)
    found = cause(own, config) if own else None
    see = f"see `{endpoint_key(one.role, config)}` and `prompts.pack`"
    return f"{one.role}: {_nothing(one)}; {found or see}"


def _nothing(one: Silence) -> str:
    what = (
        "its only call was no use"
        if one.calls == 1
        else f"none of its {several(one.calls, 'call')} could be used"
    )
    return f"{what} ({one.model}): {one.words}"


def in_a_round(one: Silence, number: int) -> str:
    """That a role got nothing in a round."""
    return f"{one.role} got nothing in round {number}: {_nothing(one)}{WITHOUT.get(one.role, '')}"


WITHOUT: Mapping[str, str] = {
    "analyst": "; the writers know nothing of the student's errors",
    "critic": "; every row that it should have judged is rejected",
}
"""What becomes of a run or round without a role that it can do without."""


def of_an_endpoint(one: Silence, at: int, config: Mapping[str, Any]) -> str:
    """That one of a role's endpoints gave nothing."""
    key = endpoint_key(one.role, config)
    return f"{one.role}, endpoint {at + 1} of `{key}`: {_nothing(one)}"


def in_some_rounds(ledger: sqlite3.Connection) -> dict[str, str]:
    """Role → in which rounds it got nothing, in words, where it got something in others."""
    silent = {one.role for one in silent_roles(ledger)}
    rounds: dict[str, list[int]] = {}
    last: dict[str, Silence] = {}
    for (role, number), one in _silences(ledger, "agent", "round").items():
        if role not in silent:
            rounds.setdefault(role, []).append(number)
            last[role] = one
    return {
        role: f"{role} got nothing in {_named(numbers)}: {_nothing(last[role])}"
        for role, numbers in rounds.items()
    }


def _named(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"round {numbers[0]}"
    return f"rounds {', '.join(map(str, numbers))}; in the last of them"


def read_silence(run: Run) -> dict[str, str]:
    """What of a run got nothing at all, in words: roles, and of others rounds and endpoints.

    Keys are roles, where nothing of it was usable, and else begin with them.

    Raises:
        Unreadable: the ledger is damaged, or not there.
    """
    replies = read_usable(run)
    with reading(run.path, "ledger.sqlite") as ledger:
        roles = {one.role: explained(one, replies, run.config) for one in silent_roles(ledger)}
        rounds = in_some_rounds(ledger)
        endpoints = silent_endpoints(ledger)
    return (
        roles
        | {f"{role}, rounds": text for role, text in rounds.items()}
        | {f"{one.role}, {at}": of_an_endpoint(one, at, run.config) for at, one in endpoints}
    )
