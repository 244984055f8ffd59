"""What every run must satisfy, whatever the server did: the books against the server's bill."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evokd.ledger.edge import PATHS
from evokd.ledger.totals import By, totals
from evokd.runs.useful_calls import useful_tasks
from evokd.store.run_dir import RunDir, read_lines
from evokd.store.sqlite import connect_read_only
from graph.core.wiring import COLLECTORS, drawn_edges, givers
from graph.draw import compiled
from tests.servers.fake_chat import Bill

BY: tuple[By, ...] = ("edge", "agent", "model", "round", "call")
SUMMED = ("calls", "prompt_tokens", "completion_tokens")


@dataclass(frozen=True)
class Call:
    """A row of the ledger."""

    id: str
    source: str
    target: str
    agent: str
    round: int
    slot: str
    attempt: int
    status: str
    prompt_tokens: int
    completion_tokens: int
    estimated: bool
    error: str | None
    text: str | None


def calls(run: Path) -> list[Call]:
    """All rows, in the order they were opened."""
    db = connect_read_only(run / "ledger.sqlite")
    try:
        return [
            Call(
                id=row["id"],
                source=row["source"],
                target=row["target"],
                agent=row["agent"],
                round=row["round"],
                slot=row["slot"],
                attempt=row["attempt"],
                status=row["status"],
                prompt_tokens=row["prompt_tokens"],
                completion_tokens=row["completion_tokens"],
                estimated=row["estimated_prompt_tokens"] + row["estimated_completion_tokens"] > 0,
                error=row["error"],
                text=row["text"],
            )
            for row in db.execute("SELECT * FROM calls ORDER BY seq")
        ]
    finally:
        db.close()


def books(run: Path, by: By = "edge") -> dict[str, Any]:
    """The document of `evokd tokens DIR --by … --format json`."""
    directory = RunDir.open(run)
    db = connect_read_only(directory.ledger)
    try:
        return totals(db, useful_tasks(directory.checkpoints, directory.run()["id"]), by)
    finally:
        db.close()


def statuses(run: Path) -> Counter[str]:
    return Counter(call.status for call in calls(run))


def reported(run: Path) -> tuple[int, int]:
    """Prompt and completion tokens that a server vouched for."""
    billed = books(run)["billed"]
    return (
        billed["prompt_tokens"] - billed["estimated_prompt_tokens"],
        billed["completion_tokens"] - billed["estimated_completion_tokens"],
    )


def sums_agree(run: Path) -> None:
    """Sums over edges = agents = models = rounds = calls = billed."""
    billed = books(run)["billed"]
    for by in BY:
        rows = books(run, by)["rows"]
        for name in SUMMED:
            assert sum(row[name] for row in rows) == billed[name], f"{name} by {by}"


def _contracted(edges: set[tuple[str, str]]) -> dict[str, set[str]]:
    """Node → whose work it may be booked on: a collector with one giver passes that name on."""
    seen_through = givers(edges)
    allowed = {node: set(sources) for node, sources in seen_through.items()}
    for collector in COLLECTORS:
        if len(seen_through[collector]) == 1:
            for sources in allowed.values():
                sources.discard(collector)
    return allowed


def edges_are_drawn(run: Path) -> None:
    """Every call is booked on an edge of the drawn graph, with collectors contracted.

    Or, where an agent takes several paths, on the edge that is theirs.
    """
    allowed = _contracted(drawn_edges(compiled(RunDir.open(run).config())))
    for call in calls(run):
        assert call.source in allowed[call.target] | {PATHS}, f"{call.source} → {call.target}"
        assert call.target == call.agent
        assert call.target not in COLLECTORS
    first = [call.source for call in calls(run) if call.target == "analyst" and call.round == 1]
    later = [call.source for call in calls(run) if call.target == "analyst" and call.round > 1]
    assert set(first) <= {"warm_up", PATHS}
    assert set(later) <= {"trainer", "dev_examiner", PATHS}


def statuses_make_sense(run: Path) -> None:
    """What a status says about tokens, estimates and errors holds in every row."""
    for call in calls(run):
        assert min(call.prompt_tokens, call.completion_tokens) >= 0
        if call.status in ("replayed", "unsent"):
            assert (call.prompt_tokens, call.completion_tokens) == (0, 0)
        if call.status in ("rejected", "error", "unsent"):
            assert call.error
        if call.status == "ok":
            assert call.error is None


def same_result(run: Path, other: Path) -> None:
    """The same useful books, the same rows, the same scores: as if nothing had happened."""
    assert books(run)["useful"] == books(other)["useful"]
    spending = {"billed_tokens"}
    lines, others = (
        [{k: v for k, v in line.items() if k not in spending} for line in read_lines(file)]
        for file in (run / "metrics.jsonl", other / "metrics.jsonl")
    )
    assert lines == others
    rows, theirs = (
        [{k: v for k, v in row.items() if k not in ("calls", "votes")} for row in read_lines(file)]
        for file in (run / "synthetic.jsonl", other / "synthetic.jsonl")
    )
    assert rows == theirs
    mine, its = ((one / "student" / "model.safetensors").read_bytes() for one in (run, other))
    assert mine == its


def audit(run: Path, bill: Bill, open_calls: int = 0) -> None:
    """Everything at once; `open_calls` rows may have been left by a kill."""
    doc = books(run)
    assert doc["open_calls"] == open_calls
    assert doc["billed"]["calls"] == bill.requests
    assert reported(run) == (bill.prompt_tokens, bill.completion_tokens)
    sums_agree(run)
    edges_are_drawn(run)
    statuses_make_sense(run)


def holds_nothing_of(run: Path, secret: str) -> None:
    """The secret stands in no file of the run directory."""
    for path in run.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), f"{path} holds the key"
