"""Calls that gave nothing usable: how many, why, and whether that is a few retries or a failure.

A run goes on past calls that fail, for each has a retry or a repair turn, and ends as `done`. What
that hides is told by one threshold, said in docs/design/failures.md: of a node's calls that ended,
a fifth (1 − `ENOUGH`) and `LEAST` of them gave nothing, or all of them did.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from evokd.ledger import outcomes
from evokd.ledger.reasons import kind_of
from evokd.runs.files import reading
from evokd.runs.formatting import several
from evokd.runs.run import Run
from evokd.runs.totals import LedgerTotals
from evokd.runs.usable import ENOUGH, LEAST


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of what was asked came to nothing, by the books."""

    ended: int
    """Calls that left and are no longer open."""
    unusable: int
    """Of these, what gave nothing usable, cancelled ones among them."""
    worst: tuple[str, ...] = ()
    """Nodes that are past the threshold, in words: `analyst 5 of 8`."""

    @property
    def fails(self) -> bool:
        """Whether a reader must know first."""
        return bool(self.worst)

    @property
    def said(self) -> str:
        """`53 of 93 calls unusable`."""
        return f"{self.unusable:,} of {several(self.ended, 'call')} unusable"


def standing_of(books: LedgerTotals) -> Standing:
    """By the threshold, node by node, so that a small role doesn't drown in a large one."""
    ended: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for edge in books.edges:
        ended[edge.target] += edge.calls - edge.open
        failed[edge.target] += edge.failed
    worst = [node for node in ended if is_failing(ended[node], failed[node])]
    worst.sort(key=lambda node: -failed[node])
    return Standing(
        ended.total(),
        sum(edge.unusable for edge in books.edges),
        tuple(f"{node} {failed[node]:,} of {ended[node]:,}" for node in worst),
    )


def is_failing(ended: int, failed: int) -> bool:
    """Whether so many failed calls are more than a few retries."""
    few = ended - failed >= ENOUGH * ended or failed < LEAST
    return failed > 0 and (not few or failed == ended)


@dataclass(slots=True)
class FailureKind:
    """Calls of one status whose reasons are of one kind."""

    status: str
    reason: str
    """See `evokd.ledger.reasons`."""
    calls: int = 0
    roles: Counter[str] = field(default_factory=Counter)
    last: str = ""
    """Id of the last one."""
    said: str = ""
    """What was said of it, whole."""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Failures:
    """All kinds of a run's failures."""

    kinds: tuple[FailureKind, ...]
    """The most frequent first."""
    requests: int
    """That ended; each has one attempt or several."""
    lost: int
    """Of these, what no attempt answered."""

    @property
    def by_status(self) -> list[tuple[str, int]]:
        """Status and calls, the most frequent first."""
        found: Counter[str] = Counter()
        for kind in self.kinds:
            found[kind.status] += kind.calls
        return found.most_common()


def read_failures(run: Run) -> Failures:
    """What went wrong with a run's calls, by reason.

    Raises:
        Unreadable: the ledger is damaged, or not there.
    """
    found: dict[tuple[str, str], FailureKind] = {}
    with reading(run.path, "ledger.sqlite") as db:
        rows = outcomes.unusable_calls(db)
        requests, lost = outcomes.lost_requests(db) if rows else (0, 0)
    for row in rows:
        reason = kind_of(row["error"])
        kind = found.setdefault((row["status"], reason), FailureKind(row["status"], reason))
        kind.calls += row["calls"]
        kind.roles[row["agent"]] += row["calls"]
        if row["seq"] > kind.seq:
            kind.seq, kind.last, kind.said = row["seq"], row["id"], str(row["error"] or "")
    kinds = sorted(found.values(), key=lambda one: (-one.calls, one.status, one.reason))
    return Failures(tuple(kinds), requests, lost)
