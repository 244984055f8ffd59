"""The rounds of a run: their scores, and why rows were rejected."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from evokd.runs.files import Unreadable, reading
from evokd.runs.representation import KEY
from evokd.runs.run import Run, mapping, number

SHOWN_REASONS = 3


@dataclass
class RoundSummary:
    """A line of the table of rounds; of one in progress there are no scores yet."""

    number: int
    closed: bool = False
    accepted: int | None = None
    rejected: int | None = None
    kept: int | None = None
    """Of the accepted rows, those that are trained on; None without `loop.keep`."""
    reasons: Counter[str] = field(default_factory=Counter)
    hard_error: float | None = None
    easy_error: float | None = None
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    """Split (dev, test) → score by name."""
    billed: float | None = None
    useful: float | None = None
    class_f1: dict[str, float] = field(default_factory=dict)
    class_drift: dict[str, float] = field(default_factory=dict)
    """How far the round moved the centroid of each class's rows, with `loop.representation`."""

    def score(self, split: str, name: str) -> float | None:
        """A score of the round, where there is one."""
        return self.scores.get(split, {}).get(name)

    @property
    def why(self) -> str:
        """The most frequent reasons: `12 × duplicate; 3 × too short; 2 × other reasons`."""
        most = self.reasons.most_common(SHOWN_REASONS)
        rest = self.reasons.total() - sum(rows for _, rows in most)
        parts = [f"{rows:,} × {reason}" for reason, rows in most]
        return "; ".join([*parts, f"{rest:,} × other reasons"] if rest else parts)


def read_rounds(run: Run) -> tuple[list[RoundSummary], list[str]]:
    """All rounds in order, and what could not be read."""
    rounds = {line["round"]: _scored(line) for line in run.metrics}
    notes = []
    try:
        with reading(run.path, "events.sqlite") as db:
            latest = db.execute("SELECT MAX(round) FROM events").fetchone()[0]
            for begun in range(int(latest or 0) + 1):
                rounds.setdefault(begun, RoundSummary(begun))
            for where, reasons in rejections(db).items():
                rounds.setdefault(where, RoundSummary(where)).reasons = reasons
    except Unreadable as problem:
        notes.append(str(problem))
    return [rounds[key] for key in sorted(rounds)], notes


def last_scored(rounds: Sequence[RoundSummary]) -> RoundSummary | None:
    """The last round that was closed."""
    return next((one for one in reversed(rounds) if one.closed), None)


def rejections(db: sqlite3.Connection) -> dict[int, Counter[str]]:
    """Round → reason → rows, by the last word on each row.

    A critic that is a model words each reason anew: there the action is what counts.
    """
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for where, _, action, reason, called, rows in db.execute(
        "SELECT round, seq, action, CASE WHEN called THEN '' ELSE reason END AS why, called,"
        " COUNT(*) FROM (SELECT round, MAX(seq) AS seq, call IS NOT NULL AS called,"
        " json_extract(body, '$.action') AS action, json_extract(body, '$.reason') AS reason"
        " FROM events WHERE type = 'judged' AND json_valid(body) GROUP BY row)"
        " WHERE action IN ('reject', 'retry') GROUP BY round, action, why, called"
    ):
        found[where][reason_of(str(action), str(reason or ""), bool(called))] += rows
    return found


def reason_of(action: str, reason: str, by_model: bool) -> str:
    """The reason as it is counted."""
    if not by_model:
        return reason or "no reason given"
    return "sent back by the critic" if action == "retry" else "rejected by the critic"


def _scored(line: dict[str, object]) -> RoundSummary:
    accepted, rejected = number(line.get("accepted")), number(line.get("rejected"))
    kept, where = number(line.get("kept")), line["round"]
    assert isinstance(where, int)
    return RoundSummary(
        number=where,
        closed=True,
        accepted=None if accepted is None else int(accepted),
        rejected=None if rejected is None else int(rejected),
        kept=None if kept is None else int(kept),
        hard_error=number(line.get("hard_error")),
        easy_error=number(line.get("easy_error")),
        scores={split: _numbers(line.get(split)) for split in ("dev", "test") if line.get(split)},
        billed=number(line.get("billed_tokens")),
        useful=number(line.get("useful_tokens")),
        class_f1=_numbers(line.get("class_f1")),
        class_drift=_numbers(mapping(line.get(KEY)).get("class_drift")),
    )


def _numbers(found: object) -> dict[str, float]:
    """The values that are numbers, by name."""
    pairs = mapping(found).items()
    return {str(name): value for name, raw in pairs if (value := number(raw)) is not None}
