"""How many texts of each writer were no clean rows: found where they were written, unlabelled."""

from __future__ import annotations

from dataclasses import dataclass

from evokd.runs.files import Unreadable, reading
from evokd.runs.run import Run


@dataclass(frozen=True)
class UncleanTexts:
    """One writer's texts over a whole run."""

    writer: str
    """The node."""
    written: int
    """Texts read out of its replies, each row once."""
    unclean: int
    """Of these, what no labeler was paid for."""

    @property
    def share(self) -> float:
        """In [0, 1]."""
        return self.unclean / self.written


def read_unclean(run: Run) -> list[UncleanTexts]:
    """By writer, those with any; empty where there are none, or no events can be read."""
    try:
        with reading(run.path, "events.sqlite") as db:
            unclean = dict(db.execute(_UNCLEAN).fetchall())
            # most runs have none, and counting what was written takes longer
            written = dict(db.execute(_WRITTEN).fetchall()) if unclean else {}
    except Unreadable:
        return []
    return [
        UncleanTexts(str(node), int(written[node]), int(rows))
        for node, rows in sorted(unclean.items())
        if written.get(node) and rows
    ]


_UNCLEAN = (
    "SELECT node, COUNT(DISTINCT row) FROM events WHERE type = 'judged'"
    " AND instr(body, 'writer') AND json_valid(body)"
    " AND json_extract(body, '$.by') = 'writer' GROUP BY node"
)
_WRITTEN = "SELECT node, COUNT(DISTINCT row) FROM events WHERE type = 'drafted' GROUP BY node"
