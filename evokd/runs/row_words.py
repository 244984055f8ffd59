"""A row's fate and the student's word on it, in words: the same on a terminal and on a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

from evokd.runs.row_history import RowHistory
from evokd.store.events import Evaluated, Retested

MARKS: Mapping[str, str] = {
    "right": "right",
    "wrong": "an error",
    "uncertain": "uncertain",
    "confident": "a confident mistake",
}
"""Mark that an analyst was shown → in words."""


def fate_in_words(row: RowHistory, words: Callable[[str], str] = str) -> str:
    """What became of a row; `words` says how people read its label."""
    label = "–" if row.label is None else words(row.label)
    match row.fate:
        case "seed":
            return "a seed shot: trained on from the start"
        case "trained" if any(a.round == row.round and a.weight == 0 for a in row.audits):
            return (
                f"accepted as {label}, left out in round {row.round}, cleared in round"
                f" {row.audits[-1].round}"
            )
        case "trained":
            return f"accepted as {label}, trained on in round {row.round}"
        case "left out":
            return f"accepted as {label}, and left out of training by the last audit"
        case "not kept":
            return f"accepted as {label}, and not kept: never trained on"
        case "sent back":
            return "sent back to its writer"
        case "rejected":
            return "rejected"
        case "passage":
            return "a text of the pool that a writer said anew; itself not trained on"
    return "open: its round has not been trained on (yet)"


def verdict_then(row: RowHistory, before: int) -> Evaluated | Retested | None:
    """What the student said of it that the analyst of round `before` was told."""
    if row.before is not None:
        return row.before
    then = [verdict for verdict in row.after if verdict.round < before]
    return then[-1] if then else None


def relation(row: RowHistory, before: int, mark: str = "", listed: str = "") -> str:
    """What a row was to those who wrote from it in round `before`, in words; "" where none says it.

    Args:
        row: The row that was answered, or shown.
        before: The round of the answer, or of the analysis.
        mark: How the round's analyst was shown it (`evokd.runs.row_file.mark_of`), or "".
        listed: Which of its two lists the analysis has it in, `right` or `wrong`; the second one
            holds what was uncertain, too. Or "".
    """
    if mark:
        return MARKS[mark]
    verdict = verdict_then(row, before)
    if verdict is None:
        return MARKS.get(listed, "")
    if verdict.predicted != verdict.label:
        return MARKS["wrong"]
    return MARKS["uncertain" if listed == "wrong" else "right"]


class TurnedDown(NamedTuple):
    """Why a row is not trained on."""

    by: str
    """Who decided: `ballot`, `critic`, `keeper`, `auditor`."""
    what: str
    """`rejected`, `sent back`, `not kept`, `left out`."""
    why: str
    call: str | None
    """The call that decided it, where a model did."""
    votes: tuple[tuple[str, int], ...]
    """Label → labelers who gave it, most first; "" for those who gave none."""


def turned_down(row: RowHistory) -> TurnedDown | None:
    """Why a row is not trained on; None of one that is, or that nobody has decided about."""
    votes = Counter(vote.label or "" for vote in row.votes).most_common()
    if row.fate in ("rejected", "sent back"):
        last = row.verdicts[-1]
        return TurnedDown(last.by, row.fate, last.reason, last.call, tuple(votes))
    if row.fate == "not kept":
        kept = row.kept
        score = "no finite score" if kept is None or kept.score is None else f"{kept.score:g}"
        why = f"others scored higher by {kept.policy if kept else 'its policy'}, it has {score}"
        return TurnedDown("keeper", row.fate, why, None, tuple(votes))
    if row.fate == "left out":
        audit = row.audits[-1]
        return TurnedDown("auditor", row.fate, audit.reason, audit.call, tuple(votes))
    return None
