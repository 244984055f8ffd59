"""Runs side by side, for the viewer's page and for `evokd compare`: each one, and what differs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from evokd.runs.difference import Setting, SharedEdge, edges, settings
from evokd.runs.rounds import RoundSummary, last_scored
from evokd.runs.run import Run
from evokd.runs.totals import LedgerTotals

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What runs are called in the heads of tables."""


@dataclass(frozen=True)
class Side:
    """One of the runs."""

    letter: str
    run: Run
    rounds: Sequence[RoundSummary]
    books: LedgerTotals | None
    """None where they can't be read."""
    notes: Sequence[str] = ()
    """What could not be read, in words."""

    @property
    def last(self) -> RoundSummary | None:
        """The last round that was closed."""
        return last_scored(self.rounds)

    def score(self, split: str, name: str, *, last: bool) -> float | None:
        """A score of the student after its last round, or before the first."""
        first = next((one for one in self.rounds if one.closed), None)
        found = self.last if last else first
        return found.score(split, name) if found else None

    def best(self, split: str, name: str) -> tuple[float, int] | None:
        """The highest score of any round, and the first round that had it: known in hindsight."""
        scored = [(one.score(split, name), one.number) for one in self.rounds]
        known = [(score, -number) for score, number in scored if score is not None]
        if not known:
            return None
        score, number = max(known)
        return score, -number


@dataclass(frozen=True)
class Comparison:
    """What several runs have in common, and what not."""

    sides: tuple[Side, ...]
    settings: list[Setting]
    """Those that differ."""
    edges: list[SharedEdge]

    @property
    def score_names(self) -> list[str]:
        """The scores of their tasks, those that count first."""
        return list(dict.fromkeys(name for side in self.sides for name in side.run.score_names))

    @property
    def splits(self) -> list[str]:
        """What was scored in any of them: dev, test."""
        scored = {split for side in self.sides for one in side.rounds for split in one.scores}
        return sorted(scored)


def compare(sides: Sequence[Side]) -> Comparison:
    """Put runs side by side."""
    return Comparison(
        tuple(sides),
        settings(*(side.run.config for side in sides)),
        edges(*(side.books or LedgerTotals() for side in sides)),
    )


PARTS = "[/-]"
"""What stands between the parts of a run's name."""
CELL_PARTS = "(?<!seed) (?!tokens)"
"""The same in the name of a study's cell: `evokd trec6 1-shot seed 3 6,000 tokens` has five."""


def short_names(names: Sequence[str], between: str = PARTS, by: str = "-") -> list[str]:
    """Names without the parts at either end that all of them share: `pool_random`, `pool_margin`.

    Where nothing tells two of them apart, they stay whole.

    Args:
        names: The names.
        between: What stands between their parts: a regular expression.
        by: What joins the parts that are left.
    """
    parts = [re.split(between, name) for name in names]
    least = min(map(len, parts), default=0)
    head = _shared(parts, least)
    tail = _shared([one[::-1] for one in parts], least - head)
    found = [by.join(one[head : len(one) - tail]) for one in parts]
    return found if all(found) and len(set(found)) == len(found) else list(names)


def _shared(parts: Sequence[Sequence[str]], most: int) -> int:
    """How many parts all begin with."""
    same = (len({one[at] for one in parts}) == 1 for at in range(max(0, most)))
    return next((at for at, is_same in enumerate(same) if not is_same), max(0, most))
