"""What became of the tokens on each edge: of rows that were accepted, of others, of none.

A call's tokens are parted evenly among the rows that it wrote, labelled or judged, as `evokd trace`
does; an analysis serves every row that its round wrote. What stays is of attempts that failed, and
of calls that no row names. This says where tokens went in one run. What an edge earns is what a
student is worse without it: a study's question (`evokd.studies.report.edge_value`).
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from dataclasses import dataclass

from evokd.ledger.call import UNBILLED
from evokd.runs.files import Unreadable, own, reading
from evokd.runs.run import Run, mapping
from evokd.store.sqlite import read_only_address


@dataclass(frozen=True, slots=True)
class EdgeEarning:
    """One edge, over a whole run."""

    source: str
    target: str
    billed: int
    """Tokens."""
    accepted: float
    """Of these, for rows that were accepted."""
    refused: float
    """For rows that were not."""
    rows: int
    """Accepted rows that calls on it served."""

    @property
    def name(self) -> str:
        return f"{self.source} → {self.target}"

    @property
    def other(self) -> float:
        """Tokens of attempts that failed, and of calls that no row names."""
        return max(0.0, self.billed - self.accepted - self.refused)

    @property
    def share(self) -> float | None:
        """Of its tokens, those for accepted rows, in [0, 1]; None where none were billed."""
        return self.accepted / self.billed if self.billed else None

    @property
    def per_thousand(self) -> float | None:
        """Accepted rows for 1,000 tokens on this edge."""
        return 1000 * self.rows / self.billed if self.billed else None


_SERVED = "type IN ('drafted', 'voted', 'judged') AND call IS NOT NULL AND row IS NOT NULL"
_CREDIT = f"""
INSERT INTO temp.credit SELECT call, COUNT(DISTINCT row),
  COUNT(DISTINCT CASE WHEN row IN (SELECT row FROM temp.accepted) THEN row END)
  FROM told.events WHERE {_SERVED} GROUP BY call;
INSERT OR REPLACE INTO temp.credit SELECT analysed.call, written.rows, written.accepted
  FROM told.events AS analysed JOIN (
    SELECT round, COUNT(DISTINCT row) AS rows,
      COUNT(DISTINCT CASE WHEN row IN (SELECT row FROM temp.accepted) THEN row END) AS accepted
    FROM told.events WHERE type = 'drafted' AND row IS NOT NULL GROUP BY round
  ) AS written USING (round)
  WHERE analysed.type = 'analysed' AND analysed.call IS NOT NULL;
"""
_TRANSLATED = """
INSERT OR IGNORE INTO temp.credit SELECT json_extract(body, '$.written_by'), COUNT(DISTINCT row),
  COUNT(DISTINCT CASE WHEN row IN (SELECT row FROM temp.accepted) THEN row END)
  FROM told.events WHERE type = 'drafted' AND json_valid(body)
  AND json_extract(body, '$.written_by') IS NOT NULL GROUP BY 1;
"""


def read_earned(run: Run) -> list[EdgeEarning]:
    """By edge, in the order of their first call; none where no row is on file.

    Raises:
        Unreadable: ledger or events are missing or damaged.
    """
    try:
        rows = _accepted(run)
    except Unreadable:
        return []
    with reading(run.path, "ledger.sqlite") as db:
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("ATTACH ? AS told", (read_only_address(own(run.path, "events.sqlite")),))
        db.execute("CREATE TEMP TABLE accepted (row TEXT PRIMARY KEY) WITHOUT ROWID")
        db.execute(
            "CREATE TEMP TABLE credit"
            " (call TEXT PRIMARY KEY, rows INTEGER, accepted INTEGER) WITHOUT ROWID"
        )
        db.executemany("INSERT OR IGNORE INTO temp.accepted VALUES (?)", ((row,) for row in rows))
        for statement in filter(str.strip, _CREDIT.split(";")):
            db.execute(statement)
        if db.execute("SELECT 1 FROM calls WHERE agent = 'translator' LIMIT 1").fetchone():
            db.execute(_TRANSLATED)
        return _by_edge(db)


def _accepted(run: Run) -> list[str]:
    """Ids of the accepted rows: line by line, for a long run's texts need much room."""
    found = []
    try:
        with own(run.path, "synthetic.jsonl").open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                with suppress(ValueError, RecursionError):
                    found.append(str(mapping(json.loads(line)).get("row")))
    except OSError as error:
        raise Unreadable(f"synthetic.jsonl: can't be read ({error.strerror})") from None
    return found


def _by_edge(db: sqlite3.Connection) -> list[EdgeEarning]:
    billed = f"status NOT IN ({', '.join(map(repr, UNBILLED))})"
    served = {
        (source, target): int(rows)
        for source, target, rows in db.execute(
            "SELECT source, target, COUNT(DISTINCT row) FROM ("
            " SELECT calls.source, calls.target, events.row FROM temp.accepted AS accepted"
            " JOIN told.events AS events ON events.row = accepted.row"
            " JOIN calls ON calls.id = events.call"
            " WHERE events.type IN ('drafted', 'voted', 'judged')) GROUP BY 1, 2"
        )
    }
    found = db.execute(
        "SELECT source, target, SUM(tokens), TOTAL(tokens * accepted * 1.0 / rows),"
        " TOTAL(tokens * (rows - accepted) * 1.0 / rows), TOTAL(accepted) FROM ("
        " SELECT seq, source, target, prompt_tokens + completion_tokens AS tokens,"
        " credit.rows AS rows, credit.accepted AS accepted"
        f" FROM calls LEFT JOIN temp.credit AS credit ON credit.call = calls.id WHERE {billed})"
        " GROUP BY source, target ORDER BY MIN(seq)"
    )
    return [
        EdgeEarning(
            source, target, int(tokens), accepted, refused,
            served.get((source, target), int(rows)),
        )
        for source, target, tokens, accepted, refused, rows in found
    ]  # fmt: skip
