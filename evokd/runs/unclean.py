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
            found = db.execute(
                "SELECT node, COUNT(DISTINCT CASE WHEN type = 'drafted' THEN row END),"
                " COUNT(DISTINCT CASE WHEN type = 'judged' THEN row END) FROM events"
                " WHERE type = 'drafted' OR (type = 'judged' AND json_valid(body)"
                " AND json_extract(body, '$.by') = 'writer') GROUP BY node ORDER BY node"
            ).fetchall()
    except Unreadable:
        return []
    return [
        UncleanTexts(str(node), int(written), int(unclean))
        for node, written, unclean in found
        if written and unclean
    ]
