"""Trace events: what happened, one small class each, written as it happens.

The viewer, the report and `evokd trace` read nothing else. Bodies are JSON; what is filtered by
(type, round, node, call, row) stands in columns of its own, and what an event says of other rows in
the table `mentions`, so 100,000 calls stay usable.

Run directories of earlier versions stay readable: an event may be added, and a field that has a
default; nothing is renamed or taken away.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from evokd.config import Limit
from evokd.store import row_references
from evokd.store.artefacts import dumps
from evokd.store.clock import now
from evokd.store.sqlite import connect, connect_read_only


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    at: str = Field(default_factory=now)
    round: int = 0
    node: str = ""
    call: str | None = None
    row: str | None = None
    """Id of the generated row the event is about."""


class Begun(_Event):
    """A process began to work on the run."""

    type: Literal["begun"] = "begun"
    run: str
    """The run's id."""
    name: str
    method: str
    seed: int
    resumed: bool
    prompts: str = ""
    """The pack of prompts, and why it is that one."""


class Seeded(_Event):
    """A seed shot: what the student learns first."""

    type: Literal["seeded"] = "seeded"
    text: str
    label: str


class NodeStarted(_Event):
    """A node of the graph began."""

    type: Literal["node_started"] = "node_started"
    source: str
    task: str


class NodeEnded(_Event):
    """A node of the graph ended."""

    type: Literal["node_ended"] = "node_ended"
    task: str
    seconds: float
    error: str | None = None


class Called(_Event):
    """One attempt of a call, with all that was said."""

    type: Literal["called"] = "called"
    agent: str
    source: str
    model: str
    slot: str
    attempt: int
    status: str
    template: str
    template_sha: str
    messages: list[tuple[str, str]]
    reply: str | None
    error: str | None
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    task: str = ""
    """Which execution of the node asked; several labelers work side by side."""
    prompt_sha: str = ""
    estimated: bool = False
    """The server reported no usage."""
    usd: float | None = None
    voter: int = 0
    """Position of the endpoint among those of its role, from 0; models may have equal names."""
    directive: str | None = None
    """The endpoint's own instruction."""
    completions: int = 1
    """Asked for with this one request; `reply` holds them all, one after another."""


class Replayed(_Event):
    """A call was answered from the journal after a resume: free. `call` is the one paid for."""

    type: Literal["replayed"] = "replayed"
    agent: str
    source: str
    slot: str
    task: str


class Retried(_Event):
    """A request will be sent again."""

    type: Literal["retried"] = "retried"
    attempt: int
    wait_s: float
    reason: str
    slot: str = ""
    task: str = ""


class Misread(_Event):
    """A reply could not be read as what was asked for; `call` is the attempt that got it."""

    type: Literal["misread"] = "misread"
    agent: str
    slot: str
    task: str
    reason: str
    repair: bool
    """A repair turn follows: the model sees its reply and what was wrong with it."""
    finish: str = ""
    """How the reply ended: `length` where it was cut off."""


class Mended(_Event):
    """A reply that was wrapped, broken or cut off could be read all the same, as far as whole."""

    type: Literal["mended"] = "mended"
    agent: str
    slot: str
    task: str
    how: list[str]
    """`wrapped`, `repaired`, `cut`; one for each completion that needed it."""


class Analysed(_Event):
    """The analyst's weakness analysis, and the rows it saw."""

    type: Literal["analysed"] = "analysed"
    text: str
    right: list[str]
    wrong: list[str]
    cited: list[str] = []
    """The student errors it names; all it saw where it names none."""


class Drafted(_Event):
    """A generator wrote a text."""

    type: Literal["drafted"] = "drafted"
    text: str
    kind: Literal["easy", "hard", "plain"]
    intended_label: str | None
    parents: list[str]
    """The student errors it answers."""
    rewrites: list[str] = []
    """Rows that the critic sent back to the call that wrote this one."""
    original: str | None = None
    """What the writer wrote, where a translator says it in the language of the task."""
    written_by: str | None = None
    """The writer's call, where `call` is the translator's."""


class Voted(_Event):
    """A labeler's answer for one text; None where it gave none that can be used."""

    type: Literal["voted"] = "voted"
    voter: int
    label: str | None
    probabilities: dict[str, float] | None = None
    reason: str | None = None


class Judged(_Event):
    """What became of a row."""

    type: Literal["judged"] = "judged"
    by: Literal["writer", "ballot", "critic", "selector", "quality_filter"]
    """`writer`: found to be no clean row in the node that wrote it."""
    action: Literal["accept", "relabel", "reject", "retry"]
    label: str | None
    reason: str


class Evaluated(_Event):
    """The student's verdict on an accepted row, before it trained on it."""

    type: Literal["evaluated"] = "evaluated"
    label: str
    predicted: str
    confidence: float


class Told(_Event):
    """A control handed on other verdicts than the student's own."""

    type: Literal["told"] = "told"
    rows: int
    suspects: int
    """Rows told wrong; where none is, those told uncertain."""
    stayed: int = 0
    """Suspects that truly were some, because too few other rows were left."""
    source: str | None = None
    """Directory of the run whose feedback it is; None: this one's."""
    source_round: int | None = None


class Trained(_Event):
    """The student was fitted."""

    type: Literal["trained"] = "trained"
    rows: int
    steps: int
    loss: float
    seconds: float
    tokens: int = 0
    """Trained on, special tokens included, padding not."""


class Retested(_Event):
    """The student's verdict on a row after the round's training.

    Asked of the rows it just trained on, and of those that the round's texts answer.
    """

    type: Literal["retested"] = "retested"
    label: str
    predicted: str
    confidence: float
    trained: bool
    """It was in this round's batch."""


class Scored(_Event):
    """Scores after training; test scores are only ever reported."""

    type: Literal["scored"] = "scored"
    dev: dict[str, float] | None
    test: dict[str, float]
    billed_tokens: int
    accepted: int
    rejected: int
    useful_tokens: int | None = None
    hard_error: float | None = None
    """Share of the hard rows that the student had wrong before it trained on them."""
    easy_error: float | None = None
    class_f1: dict[str, float] | None = None
    """On the test set."""


class Budgeted(_Event):
    """Little of a limit is left, or none; said once a process for each."""

    type: Literal["budgeted"] = "budgeted"
    limit: Limit
    agent: str | None
    """None for the limit of the whole run."""
    spent: float
    allowed: float
    reached: bool
    """No further request fits."""


class Warned(_Event):
    """Something a reader should know that stopped nothing."""

    type: Literal["warned"] = "warned"
    text: str
    grave: bool = False
    """Something failed as a whole, though the run goes on: people see it in red."""


class Stopped(_Event):
    """The run came to its end, or was interrupted."""

    type: Literal["stopped"] = "stopped"
    status: str
    reason: str


Event = Annotated[
    Begun
    | Seeded
    | NodeStarted
    | NodeEnded
    | Called
    | Replayed
    | Retried
    | Misread
    | Mended
    | Analysed
    | Drafted
    | Voted
    | Judged
    | Evaluated
    | Told
    | Trained
    | Retested
    | Scored
    | Budgeted
    | Warned
    | Stopped,
    Field(discriminator="type"),
]
_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)
Listener = Callable[[Event], None]
MOST_WAITING = 1000
"""Events that may wait for one commit."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL, type TEXT NOT NULL, round INTEGER NOT NULL, node TEXT NOT NULL,
  call TEXT, row TEXT, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_round ON events (round, node);
CREATE INDEX IF NOT EXISTS events_call ON events (call) WHERE call IS NOT NULL;
CREATE INDEX IF NOT EXISTS events_row ON events (row) WHERE row IS NOT NULL;
CREATE INDEX IF NOT EXISTS events_type ON events (type, round);
CREATE TABLE IF NOT EXISTS useful (task TEXT PRIMARY KEY);
"""


class EventLog:
    """The only writer of `events.sqlite`; listeners (live progress) hear every event at once.

    On an event loop, what is added in one turn of it is one commit at the start of the next: so a
    node's events are on file before LangGraph can write that the node is done. A killed process
    loses at most the events of the turn it died in; an error, Ctrl-C or the end of a run, none.
    """

    def __init__(self, path: Path, listeners: tuple[Listener, ...] = ()) -> None:
        self.db = connect(path, SCHEMA + row_references.SCHEMA)
        self.listeners = listeners
        self._waiting: list[tuple[Event, str, list[row_references.RowReference]]] = []

    def add(self, event: Event) -> None:
        """Take one event down and tell the listeners."""
        data = event.model_dump(mode="json")
        self._waiting.append((event, dumps(data), row_references.references_of(data)))
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # nobody would write later
            self.write()
        else:
            if len(self._waiting) == 1:
                loop.call_soon(self.write)
            elif len(self._waiting) >= MOST_WAITING:  # the loop is held up, or the disk is full
                self.write()
        for listener in self.listeners:
            listener(event)

    def write(self) -> None:
        """Commit the events that wait."""
        if not self._waiting:
            return
        with self.db:  # commits, or rolls back what it could not write as a whole
            self.db.execute("BEGIN IMMEDIATE")
            numbered = list(enumerate(self._waiting, last_seq(self.db) + 1))
            self.db.executemany(
                "INSERT INTO events (seq, at, type, round, node, call, row, body)"
                " VALUES (?,?,?,?,?,?,?,?)",
                (
                    (seq, e.at, e.type, e.round, e.node, e.call, e.row, body)
                    for seq, (e, body, _) in numbered
                ),
            )
            row_references.note(self.db, ((seq, mentioned) for seq, (_, _, mentioned) in numbered))
        self._waiting.clear()

    def save_useful(self, tasks: set[str]) -> None:
        """Keep the task ids of the surviving lineage beside the events, for readers."""
        self.db.execute("BEGIN")
        self.db.execute("DELETE FROM useful")
        self.db.executemany("INSERT INTO useful VALUES (?)", [(task,) for task in sorted(tasks)])
        self.db.execute("COMMIT")

    def close(self) -> None:
        """Commit what waits, and close the file."""
        try:
            self.write()
        finally:
            self.db.close()


def last_seq(db: sqlite3.Connection) -> int:
    """Number of the last event; 0 before the first."""
    return int(db.execute("SELECT COALESCE(MAX(seq), 0) FROM events").fetchone()[0])


def event_of(body: str) -> Event:
    """An event from its stored JSON."""
    return _ADAPTER.validate_json(body)


def read_events(path: Path, **where: Any) -> Iterator[Event]:
    """Events in the order they were written; keywords are columns: `round=2`, `type="judged"`."""
    unknown = set(where) - {"type", "round", "node", "call", "row"}
    if unknown:
        raise ValueError(f"no such columns: {sorted(unknown)}")
    clause = " AND ".join(f"{name} = ?" for name in where) or "1"
    db = connect_read_only(path)
    try:
        query = f"SELECT body FROM events WHERE {clause} ORDER BY seq"
        for (body,) in db.execute(query, tuple(where.values())):
            yield event_of(body)
    finally:
        db.close()
