"""Control of EvoKD: a derangement of the marks, so that prompts read as ever and mislead.

As many rows are told wrong as were, and none of them truly is while there are right rows to take
their place; with more wrong rows than right ones the smallest possible number stays, and is
reported. Margins and predictions follow the marks: each row takes over those of another row, of
the kind that it is now told to be. A shuffle would leave a third to a half of the wrong rows in
place, and margins would still say which rows are uncertain.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agents.records import Marked
from evokd.tasks.formats import TaskFormat
from graph.core.told import keep_told
from graph.methods.evokd import EvoKDLoop

if TYPE_CHECKING:
    from graph.core.node_context import NodeContext

SPEAK_FOR_THEMSELVES = ("classification", "pair")
"""Kinds whose answers mean the same beside any text, so that a prediction can move to another."""


class EvoKDShuffled(EvoKDLoop):
    """As many wrong rows as there were, but others."""

    name = "evokd_shuffled"
    marks = "shuffled"

    def handed_on(self, fed: str) -> str:
        """See `EvoKDLoop`."""
        return f"{fed}, shuffled"

    def tell(self, node: NodeContext, marked: Sequence[Marked]) -> Sequence[Marked]:
        """See `LoopMethod`: deranged."""
        if not marked:
            return ()
        found = deranged(marked, node.task_format, node.rng())
        keep_told(node, found.rows, stayed=found.stayed)
        return found.rows


@dataclass(frozen=True, slots=True)
class Derangement:
    """Rows under the marks of others."""

    rows: tuple[Marked, ...]
    """In the order they were given in."""
    stayed: int
    """Rows that are told to be suspect and truly are."""


def deranged(rows: Sequence[Marked], task_format: TaskFormat, rng: random.Random) -> Derangement:
    """The same marks, margins and, as far as they fit, predictions, each on another row.

    Suspect are the rows that are wrong; where none is, those that stand as uncertain; where all are
    right, the less sure half, for a reader may look at the lowest margins.

    Args:
        rows: With the student's verdicts.
        task_format: For made-up predictions, where those of other rows don't fit.
        rng: Equal generators give equal derangements.
    """
    suspects = _suspects(rows)
    others = [i for i in range(len(rows)) if i not in suspects]
    rng.shuffle(others)
    takes_over = others[: len(suspects)]
    must_stay = rng.sample(sorted(suspects), len(suspects) - len(takes_over))
    freed = [i for i in sorted(suspects) if i not in must_stay]
    rng.shuffle(freed)
    kept = others[len(takes_over) :]
    giver = {
        **_dealt([*must_stay, *takes_over], [*must_stay, *freed]),
        **_dealt([*kept, *freed], [*kept, *takes_over]),
    }
    told = (_under(row, rows[giver[i]], task_format, rng) for i, row in enumerate(rows))
    return Derangement(tuple(told), len(must_stay))


def _suspects(rows: Sequence[Marked]) -> frozenset[int]:
    for mark in ("wrong", "uncertain"):
        found = frozenset(i for i, row in enumerate(rows) if row.mark == mark)
        if found:
            return found
    by_margin = sorted(range(len(rows)), key=lambda i: (rows[i].margin, i))
    return frozenset(by_margin[: len(rows) // 2])


def _dealt(takers: Sequence[int], givers: Sequence[int]) -> dict[int, int]:
    """Taker → giver, one to one: the next one in the ring, so that nobody keeps what is its own.

    Rows that are on both sides stand first on both, in the same order. A ring of one can't turn.
    """
    return {taker: givers[(at + 1) % len(givers)] for at, taker in enumerate(takers)}


def _under(row: Marked, giver: Marked, task_format: TaskFormat, rng: random.Random) -> Marked:
    """The row with the verdict on another."""
    predicted = row.label
    if giver.mark == "wrong":
        fits = task_format.kind in SPEAK_FOR_THEMSELVES and giver.predicted != row.label
        predicted = giver.predicted if fits else task_format.other(row.text, row.label, rng)
    return replace(row, predicted=predicted, margin=giver.margin, mark=giver.mark, loss=giver.loss)
