"""A run's books: the document of `evokd tokens`, and its edges for pages and comparisons.

What billed, useful and freight mean is said in `evokd.ledger.tables`.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from evokd.ledger import attempts, tables
from evokd.ledger.call import FAILED, UNBILLED, UNUSABLE
from evokd.ledger.totals import By, edges_by_status, freight_by_edge, last_target, sums, totals
from evokd.runs.files import Unreadable, own, reading
from evokd.runs.run import Run
from evokd.runs.useful_calls import useful_tasks
from evokd.store.run_dir import SERVING
from evokd.store.sqlite import read_only_address

Measure = Literal["billed", "useful", "freight"]
MEASURES: tuple[Measure, ...] = ("billed", "useful", "freight")


@dataclass
class EdgeTotals:
    """What moved along an edge."""

    source: str
    target: str
    calls: int = 0
    """Attempts that left."""
    unusable: int = 0
    """Of these, the ones that gave no usable reply."""
    failed: int = 0
    """Of these, the ones that weren't cancelled by us: refused, lost, or of no use."""
    open: int = 0
    """Of all calls, the ones that have not ended."""
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
class LedgerTotals:
    """All of a run's edges, and what is said of the run as a whole."""

    edges: list[EdgeTotals] = field(default_factory=list)
    """In the order in which work first came to an end on them; those that are still walked for the
    first time, last."""
    last: str | None = None
    """The node whose work ended last."""
    replayed: int = 0
    open: int = 0
    estimated: int = 0
    """Calls whose tokens are an estimate."""
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


def read_totals(run: Run, by: By) -> dict[str, Any]:
    """The document of `evokd tokens --format json`, as of one moment.

    A run that was killed before it laid out its ledger has spent nothing.

    Raises:
        Unreadable: the ledger is damaged.
    """
    tasks = {SERVING}  # where the calls of `evokd serve` are booked, there are no checkpoints
    if run.status != SERVING:
        tasks = useful_tasks(run.path / "checkpoints.sqlite", str(run.info.get("id", "")))
    with _ledger(run) as db:
        db.execute("BEGIN")  # all sums from one snapshot, though the run goes on writing
        return totals(db, tasks, by)


def pairs_of(run: Run, first: str, second: str) -> list[tuple[str, str]]:
    """The different pairs of two columns of the ledger, in the order of the first call of each.

    Raises:
        Unreadable: the ledger is damaged.
    """
    with _ledger(run) as db:
        return attempts.pairs_of(db, first, second)


class Spending(NamedTuple):
    """What an edge was billed in a round."""

    tokens: int
    """Of prompts and replies."""
    usd: float | None
    """None: a price is unknown."""


def spent_by_round(run: Run) -> dict[int, dict[tuple[str, str], Spending]]:
    """What was billed by round and edge, edges in the order of their first call.

    Raises:
        Unreadable: the ledger is damaged.
    """
    found: dict[int, dict[tuple[str, str], Spending]] = {}
    with _ledger(run) as db:
        for row in sums(db, "round", "source", "target"):
            spent = Spending(row["prompt_tokens"] + row["completion_tokens"], row["usd"])
            found.setdefault(row["round"], {})[row["source"], row["target"]] = spent
    return found


def billed_by_round(run: Run) -> dict[int, dict[tuple[str, str], int]]:
    """Billed tokens by round and edge, edges in the order of their first call.

    Raises:
        Unreadable: the ledger is damaged.
    """
    return {
        number: {edge: spent.tokens for edge, spent in edges.items()}
        for number, edges in spent_by_round(run).items()
    }


@contextlib.contextmanager
def _ledger(run: Run) -> Iterator[sqlite3.Connection]:
    """The ledger; an empty one for a run that was killed before it laid out its tables."""
    if not (run.path / "ledger.sqlite").exists():
        yield _empty()
        return
    with reading(run.path, "ledger.sqlite") as db:
        laid = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'freight'").fetchone()
        yield db if laid else _empty()


def _empty() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.row_factory = sqlite3.Row
    db.executescript(tables.SCHEMA)
    return db


def read_edges(run: Run) -> LedgerTotals:
    """The edges with their sums as of now, in one scan.

    Raises:
        Unreadable: there is no ledger, or a damaged one.
    """
    with reading(run.path, "ledger.sqlite") as db:
        known = _know_useful(db, run)
        db.execute("BEGIN")  # one snapshot, though the run goes on writing
        return _add_up(db, known)


def _add_up(db: sqlite3.Connection, known: bool) -> LedgerTotals:
    books = LedgerTotals(useful_known=known, last=last_target(db))
    edges: dict[tuple[str, str], EdgeTotals] = {}
    for source, target, tokens in freight_by_edge(db):
        edges[source, target] = EdgeTotals(source, target, freight=tokens)
    for row in edges_by_status(db, "temp.lineage"):
        _book(books, edges, row)
    books.edges = list(edges.values())
    return books


def _book(books: LedgerTotals, edges: dict[tuple[str, str], EdgeTotals], row: Any) -> None:
    if row["status"] == "replayed":
        books.replayed += row["calls"]
    if row["status"] in UNBILLED:
        return
    edge = edges.setdefault(
        (row["source"], row["target"]), EdgeTotals(row["source"], row["target"])
    )
    edge.calls += row["calls"]
    edge.prompt += row["prompt"]
    edge.completion += row["completion"]
    edge.unusable += row["calls"] if row["status"] in UNUSABLE else 0
    edge.failed += row["calls"] if row["status"] in FAILED else 0
    edge.open += row["calls"] if row["status"] == "open" else 0
    if edge.usd is not None:
        edge.usd = edge.usd + (row["usd"] or 0.0) if row["priced"] == row["calls"] else None
    if row["status"] == "ok" and row["useful"]:
        edge.useful += row["prompt"] + row["completion"]
    books.open += row["calls"] if row["status"] == "open" else 0
    books.estimated += row["guesses"]


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
