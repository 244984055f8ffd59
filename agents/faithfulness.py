"""Is an analysis true of the student? Scored by verdicts that are there anyway, at no tokens.

A pattern of an analysis names errors: of each row that it cites the class, and what the student
took it for. The analysis is faithful where the hard texts written from it show these errors to
the very student that it speaks of, and oftener than the errors that the run's other analyses
name: a derangement of analyses and texts, of which the mean over all others is the expectation.
And its cited rows should be those that the student is worst at, by loss, among all it was shown
as wrong.

What the measure can't tell apart: an analysis that made the writers write such texts, and one that
only says what the student does with any text. The share on easy texts, which are not written for
the weakness, stands beside it for that. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from agents.records import Marked

NamedError = tuple[str, str | None]
"""A class, and the class that the student takes it for; None: any other, or none at all."""
Errors = frozenset[NamedError]
ClassesOf = Callable[[str], Sequence[str]]
"""The classes of an answer, see `TaskFormat.classes`."""
ANSWERS = ("hard", "plain")
"""Kinds of texts that answer an analysis; `plain` of methods that know no hard and easy."""
DIGITS = 4


class NamedPattern(NamedTuple):
    """A pattern, as far as it can be scored."""

    errors: Errors
    """None of a pattern that cites no row."""


class CitedLoss(NamedTuple):
    """Mean loss of rows that an analyst was shown, nats; None where there are none."""

    cited: float | None
    uncited: float | None
    """Of those shown as wrong or uncertain that it doesn't cite."""
    right: float | None
    """Of those shown as right."""


def errors_of(rows: Iterable[Marked], classes: ClassesOf) -> Errors:
    """The errors that rows stand for, as their reader was told them."""
    found: set[NamedError] = set()
    for row in rows:
        gold, said = classes(row.label), classes(row.predicted)
        if row.mark in ("wrong", "confident"):
            missed = [name for name in gold if name not in said]
            instead: list[str | None] = [name for name in said if name not in gold]
            found |= {(name, other) for name in missed for other in instead or [None]}
        elif row.mark == "uncertain":  # right as yet: nobody knows what it will be taken for
            found |= {(name, None) for name in gold}
    return frozenset(found)


def shows(row: Marked, errors: Errors, classes: ClassesOf) -> bool:
    """Whether a verdict is one of the errors."""
    if row.predicted == row.label:
        return False
    gold, said = classes(row.label), classes(row.predicted)
    missed = [name for name in gold if name not in said]
    instead = [None, *(name for name in said if name not in gold)]
    return any((name, other) in errors for name in missed for other in instead)


def share_showing(rows: Sequence[Marked], errors: Errors, classes: ClassesOf) -> float | None:
    """Share of the rows with one of the errors; None of no rows."""
    return sum(shows(row, errors, classes) for row in rows) / len(rows) if rows else None


def every(patterns: Iterable[NamedPattern]) -> Errors:
    """The errors of an analysis: those of all its patterns."""
    return frozenset(error for pattern in patterns for error in pattern.errors)


def shuffled_share(
    rows: Sequence[Marked], own: Errors, others: Iterable[Errors], classes: ClassesOf
) -> float | None:
    """Mean over other analyses of the share of rows that show what those name.

    An analysis that names the very same errors is no other one; None where there is none.
    """
    shares = [share_showing(rows, errors, classes) for errors in others if errors != own]
    known = [one for one in shares if one is not None]
    return sum(known) / len(known) if known else None


def faithfulness(
    patterns: Sequence[NamedPattern],
    others: Sequence[Errors],
    verdicts: Sequence[Marked],
    classes: ClassesOf,
    losses: CitedLoss,
) -> dict[str, Any]:
    """The key `faithful` of a round's line.

    Args:
        patterns: Of the round's analysis.
        others: What the analyses of earlier rounds name.
        verdicts: On the round's accepted texts, by the student that the analysis speaks of.
        classes: Of an answer.
        losses: Of the rows it was made from.
    """
    hard = [row for row in verdicts if row.kind in ANSWERS]
    easy = [row for row in verdicts if row.kind == "easy"]
    own = every(patterns)
    return {
        "patterns": len(patterns),
        "texts": len(hard),
        "named": rounded(share_showing(hard, own, classes)),
        "by_pattern": [rounded(share_showing(hard, one.errors, classes)) for one in patterns],
        "shuffled": rounded(shuffled_share(hard, own, others, classes)),
        "easy": rounded(share_showing(easy, own, classes)),
        "cited_loss": rounded(losses.cited),
        "uncited_loss": rounded(losses.uncited),
        "right_loss": rounded(losses.right),
    }


def cited_loss(
    rows: Sequence[Marked], cited: Iterable[str], losses: Mapping[str, float]
) -> CitedLoss:
    """Mean losses of the rows that an analyst was shown.

    Args:
        rows: As they were shown.
        cited: Ids of those it names.
        losses: Row id → the student's loss when it gave its verdict; rows without one stay out.
    """
    named = set(cited)

    def over(chosen: Iterable[Marked]) -> float | None:
        known = [losses[row.row] for row in chosen if row.row in losses]
        return sum(known) / len(known) if known else None

    suspects = [row for row in rows if row.mark != "right"]
    return CitedLoss(
        over(row for row in suspects if row.row in named),
        over(row for row in suspects if row.row not in named),
        over(row for row in rows if row.mark == "right"),
    )


def rounded(value: float | None) -> float | None:
    """As metrics.jsonl keeps it."""
    return None if value is None else round(value, DIGITS)
