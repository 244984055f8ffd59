"""A run's books for its page: one scan of the ledger, by edge and status.

The sums are those of `evokd tokens`; a test holds them against `evokd.ledger.totals`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal

from evokd.ledger.call import UNBILLED
from evokd.store.sqlite import read_only_address
from evokd.viewer.files import Unreadable, own, reading
from evokd.viewer.run import Run
from graph.lineage import useful_tasks

Measure = Literal["billed", "useful", "freight"]
MEASURES: tuple[Measure, ...] = ("billed", "useful", "freight")


@dataclass
class Edge:
    """What moved along an edge."""

    source: str
    target: str
    calls: int = 0
    """Attempts that left."""
    unusable: int = 0
    """Of these, the ones that gave no usable reply."""
    prompt: int = 0
    completion: int = 0
    useful: int = 0
    freight: int = 0
    usd: float | None = 0.0
    """None as soon as one price is unknown."""

    @property
    def name(self) -> str:
        return f"{self.source} → {self.target}"

    @property
    def billed(self) -> int:
        return self.prompt + self.completion

    def tokens(self, measure: Measure) -> int:
        """Tokens by the measure chosen."""
        return {"billed": self.billed, "useful": self.useful, "freight": self.freight}[measure]


@dataclass
class Books:
    """All of a run's edges, and what is said of the run as a whole."""

    edges: list[Edge] = field(default_factory=list)
    replayed: int = 0
    open: int = 0
    estimated: int = 0
    """Calls whose tokens are an estimate."""
    estimated_tokens: int = 0
    useful_known: bool = True

    def tokens(self, measure: Measure) -> int:
        """Sum over the edges."""
        return sum(edge.tokens(measure) for edge in self.edges)

    @property
    def calls(self) -> int:
        return sum(edge.calls for edge in self.edges)

    @property
    def usd(self) -> float | None:
        known = [edge.usd for edge in self.edges if edge.calls]
        return None if None in known else sum(usd for usd in known if usd is not None)


def read_books(run: Run) -> Books:
    """The books as of now.

    Raises:
        Unreadable: there is no ledger, or a damaged one.
    """
    with reading(run.path, "ledger.sqlite") as db:
        known = _know_useful(db, run)
        db.execute("BEGIN")  # one snapshot, though the run goes on writing
        return _add_up(db, known)


def _add_up(db: sqlite3.Connection, known: bool) -> Books:
    books = Books(useful_known=known)
    edges: dict[tuple[str, str], Edge] = {}
    for row in db.execute(
        "SELECT source, target, status, task IN (SELECT task FROM temp.lineage) AS useful,"
        " COUNT(*) AS calls, SUM(prompt_tokens) AS prompt, SUM(completion_tokens) AS completion,"
        " COUNT(usd) AS priced, SUM(usd) AS usd,"
        " SUM(estimated_prompt_tokens + estimated_completion_tokens) AS guessed,"
        " SUM(estimated_prompt_tokens + estimated_completion_tokens > 0) AS guesses"
        " FROM calls GROUP BY source, target, status, useful ORDER BY MIN(seq)"
    ):
        _book(books, edges, row)
    for source, target, tokens in db.execute(
        "SELECT source, target, SUM(tokens) FROM freight GROUP BY 1, 2 ORDER BY MIN(rowid)"
    ):
        edges.setdefault((source, target), Edge(source, target)).freight += tokens
    books.edges = list(edges.values())
    return books


def _book(books: Books, edges: dict[tuple[str, str], Edge], row: Any) -> None:
    if row["status"] == "replayed":
        books.replayed += row["calls"]
    if row["status"] in UNBILLED:
        return
    edge = edges.setdefault((row["source"], row["target"]), Edge(row["source"], row["target"]))
    edge.calls += row["calls"]
    edge.prompt += row["prompt"]
    edge.completion += row["completion"]
    edge.unusable += row["calls"] if row["status"] in ("rejected", "error", "cancelled") else 0
    if edge.usd is not None:
        edge.usd = edge.usd + (row["usd"] or 0.0) if row["priced"] == row["calls"] else None
    if row["status"] == "ok" and row["useful"]:
        edge.useful += row["prompt"] + row["completion"]
    books.open += row["calls"] if row["status"] == "open" else 0
    books.estimated += row["guesses"]
    books.estimated_tokens += row["guessed"]


def _know_useful(db: sqlite3.Connection, run: Run) -> bool:
    """Lay the surviving lineage's tasks into a table of this connection's own (in memory).

    A run that has ended wrote them beside its events; of one that goes on they are read off
    LangGraph's tables.
    """
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("CREATE TEMP TABLE lineage (task TEXT PRIMARY KEY) WITHOUT ROWID")
    try:
        db.execute("ATTACH ? AS told", (read_only_address(own(run.path, "events.sqlite")),))
        if run.status != "running":
            db.execute("INSERT INTO temp.lineage SELECT task FROM told.useful")
    except (Unreadable, sqlite3.Error):
        pass
    if db.execute("SELECT 1 FROM temp.lineage LIMIT 1").fetchone():
        return True
    try:
        tasks = useful_tasks(own(run.path, "checkpoints.sqlite"), str(run.info.get("id", "")))
    except (Unreadable, sqlite3.Error, ValueError):
        return False
    insert(db, tasks)
    return True


def insert(db: sqlite3.Connection, tasks: Collection[str]) -> None:
    """Fill the table of tasks."""
    db.executemany("INSERT OR IGNORE INTO temp.lineage VALUES (?)", ((task,) for task in tasks))
