"""Runs that don't do well, or go on: calls that fail by reason, a node at work, calls in flight."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evokd.ledger.call import CallEnd, CallStart, Status, Usage
from evokd.ledger.edge import Edge
from evokd.store.events import Begun, Budgeted, Called, NodeStarted, Warned
from tests.runs.made_run import PRICE, Made, Maker

NO_JSON = "the reply holds no JSON object"
BUSY = "HTTP 429: rate limit of 20 reached, try again in {0}.5s"
GIVEN_UP = "the round was stopped"


def fail(
    maker: Maker, number: int, source: str, target: str, status: Status, error: str | None
) -> str:
    """Book and trace a call that came to nothing: 10 tokens sent, 5 back where a reply came."""
    task = f"task-{number}-{target}-{len(maker.calls)}"
    start = opening(target)
    call = maker.ledger.open(Edge(source, target, "made", task, 1, number), start)
    came = status == "rejected"
    reply = "I'd rather talk." if came else None
    used = Usage(10, 5) if came else Usage(0, 0)
    maker.ledger.close(call, start, CallEnd(status, used, error=error, text=reply))
    maker.emit(
        Called(
            call=call, agent=target, source=source, model="model-1", slot="text-0", attempt=1,
            status=status, template=start.template, template_sha="t" * 64,
            messages=[("user", "write a review")], reply=reply, error=error,
            prompt_tokens=used.prompt, completion_tokens=used.completion, seconds=0.5,
        ),
        number,
        target,
    )  # fmt: skip
    maker.calls.append(call)
    return call


def opening(target: str) -> CallStart:
    """What is known before a call leaves: 9 tokens of prompt, at most 50 back."""
    shas = "t" * 64, "p" * 64
    return CallStart(target, "model-1", 0, "text-0", 1, f"evokd/en/{target}", *shas, 9, 50, PRICE)


def make_failing(path: Path) -> Made:
    """Two rounds done; 53 of 93 calls unusable, and the analyst's of round 2 among them."""
    maker = Maker(path, rounds=2)
    with (path / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("budget: {tokens: 4000}\n")
    texts = [f"Text {n}." for n in range(17)]
    maker.round(1, texts)  # 35 calls
    for n in range(40):
        status: Status = "rejected" if n < 30 else "error"
        said = NO_JSON if n < 30 else BUSY.format(n)
        fail(maker, 2, "analyst", "hard_generator", status, said)
    for _ in range(11):
        fail(maker, 2, "hard_generator", "labeler", "cancelled", GIVEN_UP)
    for error in ("the analysis is empty", "the analysis is empty"):
        fail(maker, 2, "trainer", "analyst", "rejected", error)
    maker.emit(Warned(text="no analysis this round: the analysis is empty"), 2, "analyst")
    for n in range(5):
        maker.call(2, "analyst", "hard_generator", f"Late text {n}.")
    maker.score(2, 0.55, 0, 0)
    spent = Budgeted(limit="tokens", agent=None, spent=4000, allowed=4000, reached=True)
    maker.emit(spent, 2, "hard_generator")
    made = maker.end()
    maker.save("done", "budget.tokens is reached")
    return made


def make_live(path: Path) -> Maker:
    """A run that goes on: one round closed, the labeler at work, two calls in flight."""
    maker = Maker(path, rounds=6)
    with (path / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("budget: {tokens: 400, per_agent: {labeler: {calls: 50}}}\n")
    began = datetime.now(UTC) - timedelta(seconds=100)
    maker.info |= {"created_at": stamp(began), "elapsed_s": 0.0}
    maker.save("running", None)
    begun = Begun(run="made", name="made", method="evokd", seed=1, resumed=False, at=stamp(began))
    maker.emit(begun, 0, "")
    maker.round(1, ["Fresh text.", "Other."])
    maker.emit(NodeStarted(source="hard_generator", task="busy"), 2, "labeler")
    for n in range(2):
        edge = Edge("hard_generator", "labeler", "made", "busy", 1, 2)
        start = opening("labeler")
        maker.calls.append(maker.ledger.open(edge, start))
        assert n < 2
    return maker


def make_young(path: Path) -> None:
    """A folder that a process has taken a moment ago: no books, no trace yet."""
    path.mkdir(parents=True)
    (path / "config.yaml").write_text("name: young\nmethod: evokd\ntask: {labels: [a, b]}\n")
    info = {"id": "y", "name": "young", "method": "evokd", "status": "running", "reason": None}
    (path / "run.json").write_text(json.dumps(info), encoding="utf-8")
    (path / ".lock").touch()


def stamp(at: datetime) -> str:
    """As the files have times."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
