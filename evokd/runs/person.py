"""How far a person, the labelers and the critic agree, on the rows that the person judged.

Those were picked (`loop.human.pick`), so only `random` speaks of all rows. A rejection counts as an
answer of its own; the labelers' is the label that most of them gave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from evokd.runs.files import Unreadable, reading
from evokd.runs.run import Run, mapping
from evokd.runs.trace import TracedEvent, told
from evokd.tasks.agreement import Agreement, agreement

REJECTED = "\0rejected"
"""No label is called so."""
PAIRS = (("person", "labeler"), ("person", "critic"), ("labeler", "critic"))


@dataclass(frozen=True, slots=True)
class JudgesAgree:
    """Two judges, and how far they agree."""

    first: str
    second: str
    found: Agreement


def read_agreements(run: Run) -> list[JudgesAgree]:
    """For each pair of judges that judged a row; none where no person did."""
    if not mapping(mapping(run.config.get("loop")).get("human")):
        return []
    query = (
        "type IN ('voted', 'judged') AND row IN (SELECT row FROM events WHERE type = 'judged'"
        " AND json_extract(body, '$.by') = 'person')"
    )
    try:
        with reading(run.path, "events.sqlite") as db:
            return agreements(told(db, query))
    except Unreadable:
        return []


def agreements(events: Iterable[TracedEvent]) -> list[JudgesAgree]:
    """Out of votes and verdicts; what a resume said again replaces what was said before."""
    votes: dict[str, dict[int, str]] = {}
    said: dict[str, dict[str, str]] = {"person": {}, "critic": {}, "labeler": {}}
    for event in events:
        row = event.row or ""
        if event.type == "voted":
            votes.setdefault(row, {})[int(event.body.get("voter") or 0)] = event.text("label")
        elif (by := event.text("by")) in ("person", "critic"):
            out = event.text("action") in ("reject", "retry")
            said[by][row] = REJECTED if out else event.text("label")
    said["labeler"] = {row: label for row, cast in votes.items() if (label := _most(cast.values()))}
    found = []
    for first, second in PAIRS:
        rows = [row for row in said["person"] if row in said[first] and row in said[second]]
        one = agreement([said[first][r] for r in rows], [said[second][r] for r in rows])
        if one is not None:
            found.append(JudgesAgree(first, second, one))
    return found


def as_json(found: Sequence[JudgesAgree]) -> list[dict[str, Any]]:
    """For `--json`."""
    return [
        {
            "judges": [one.first, one.second],
            "rows": one.found.n,
            "share": one.found.share,
            "share_95": list(one.found.bounds),
            "kappa": one.found.kappa,
            "kappa_95": one.found.kappa_bounds and list(one.found.kappa_bounds),
        }
        for one in found
    ]


def _most(cast: Iterable[str]) -> str | None:
    """The label with most votes; None for a tie or none."""
    counts = Counter(label for label in cast if label).most_common(2)
    if not counts or (len(counts) == 2 and counts[0][1] == counts[1][1]):
        return None
    return counts[0][0]
