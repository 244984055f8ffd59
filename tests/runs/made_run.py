"""A run directory made by hand: ledger, events and files as a run leaves them, in milliseconds.

A round has one analysis call, two written texts (one accepted, one rejected) and two votes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evokd.config import Price, TaskKind
from evokd.config.task import METRICS
from evokd.ledger.call import CallEnd, CallStart, Usage
from evokd.ledger.edge import Edge
from evokd.ledger.ledger import Ledger
from evokd.store.event_log import EventLog
from evokd.store.events import (
    Analysed,
    Called,
    Drafted,
    Evaluated,
    Event,
    Judged,
    Scored,
    Seeded,
    Stopped,
    Voted,
    Warned,
)

PRICE = Price(prompt=1.0, completion=2.0)
CONFIG = """\
name: {name}
seed: 1
task:
  language: en
  domain: product review
  kind: {kind}
  labels: {{negative: unhappy, positive: happy}}
method: {method}
loop: {{rounds: {rounds}}}
"""


@dataclass(frozen=True)
class Made:
    """A run that was made, and the ids of its calls."""

    path: Path
    calls: list[str]


class Maker:
    """Writes a run step by step, so that a test can watch it grow."""

    def __init__(
        self,
        path: Path,
        *,
        name: str = "made",
        method: str = "evokd",
        rounds: int = 2,
        kind: TaskKind = "classification",
    ) -> None:
        path.mkdir(parents=True)
        self.path, self.rounds, self.kind = path, rounds, kind
        self.calls: list[str] = []
        self.tasks: list[str] = []
        self.metrics: list[dict[str, Any]] = []
        self.synthetic: list[dict[str, Any]] = []
        self.ledger = Ledger(path / "ledger.sqlite")
        self.events = EventLog(path / "events.sqlite")
        config = CONFIG.format(name=name, method=method, rounds=rounds, kind=kind)
        (path / "config.yaml").write_text(config, encoding="utf-8")
        self.info = {
            "id": "made", "name": name, "method": method, "seed": 1, "status": "running",
            "reason": None, "created_at": "2026-11-22T10:00:00.000Z", "ended_at": None,
            "elapsed_s": 61.0, "versions": {"evokd": "0.1.0"},
        }  # fmt: skip
        self.save("running", None)
        self.emit(Seeded(row="train-1", text="Horrible phone.", label="negative"), 0, "warm_up")
        self.score(0, 0.5, 0, 0)

    def save(self, status: str, reason: str | None) -> None:
        """Write run.json."""
        said = {**self.info, "status": status, "reason": reason}
        (self.path / "run.json").write_text(json.dumps(said), encoding="utf-8")

    def emit(self, event: Event, number: int, node: str) -> None:
        """Write an event."""
        self.events.add(event.model_copy(update={"round": number, "node": node}))

    def call(self, number: int, source: str, target: str, reply: str, *, status: str = "ok") -> str:
        """Book and trace one call of 10 + 5 tokens."""
        task = f"task-{number}-{target}-{len(self.calls)}"
        edge = Edge(source, target, "made", task, 1, number)
        template = f"evokd/en/{target}"
        shas = "t" * 64, "p" * 64
        start = CallStart(target, "model-1", 0, "text-0", 1, template, *shas, 9, 50, PRICE)
        call = self.ledger.open(edge, start)
        end = CallEnd(status, Usage(10, 5), text=reply, reply=json.dumps({"text": reply}))  # type: ignore[arg-type]
        self.ledger.close(call, start, end)
        self.ledger.freight(edge, 7)
        self.emit(
            Called(
                call=call, agent=target, source=source, model="model-1", slot="text-0", attempt=1,
                status=status, template=template, template_sha="t" * 64,
                messages=[("system", "be brief"), ("user", "write a review")], reply=reply,
                error=None, prompt_tokens=10, completion_tokens=5, seconds=0.5,
            ),
            number,
            target,
        )  # fmt: skip
        self.calls.append(call)
        self.tasks.append(task)
        return call

    def round(self, number: int, texts: Sequence[str], *, analysis: str = "It mixes both.") -> None:
        """One round; the first text is accepted, the others are rejected."""
        parent = "train-1" if number == 1 else f"r{number - 1:03d}-h001"
        giver = "warm_up" if number == 1 else "trainer"
        query = self.call(number, giver, "analyst", analysis)
        self.emit(
            Analysed(call=query, text=analysis, right=[], wrong=[parent], cited=[parent]),
            number,
            "analyst",
        )
        for place, text in enumerate(texts, 1):
            self._text(number, place, text, parent)
        self.synthetic.append(
            {
                "row": f"r{number:03d}-h001", "round": number, "kind": "hard", "text": texts[0],
                "label": "positive", "intended_label": "positive", "probability": 0.9,
                "agreement": 1.0, "votes": [], "calls": self.calls[-2:], "parents": [parent],
            }
        )  # fmt: skip
        lines = "".join(f"{json.dumps(row)}\n" for row in self.synthetic)
        (self.path / "synthetic.jsonl").write_text(lines, encoding="utf-8")
        self.score(number, 0.5 + number / 10, 1, len(texts) - 1)

    def _text(self, number: int, place: int, text: str, parent: str) -> None:
        row = f"r{number:03d}-h{place:03d}"
        call = self.call(number, "analyst", "hard_generator", text)
        self.emit(
            Drafted(row=row, call=call, text=text, kind="hard", intended_label="positive",
                    parents=[parent]),
            number, "hard_generator",
        )  # fmt: skip
        label = "positive" if place == 1 else "negative"
        voted = self.call(number, "hard_generator", "labeler", label)
        self.emit(Voted(row=row, call=voted, voter=0, label=label,
                        probabilities={label: 0.9}), number, "labeler")  # fmt: skip
        action = "accept" if place == 1 else "reject"
        reason = "good" if place == 1 else "duplicate"
        judged = Judged(row=row, by="ballot", action=action, label=label, reason=reason)
        self.emit(judged, number, "ballot")
        if place == 1:
            self.emit(
                Evaluated(row=row, label=label, predicted="negative", confidence=0.6),
                number, "evaluator",
            )  # fmt: skip

    def score(self, number: int, f1: float, accepted: int, rejected: int) -> None:
        """Close a round."""
        billed = 15 * len(self.calls)
        test = self.scores(f1)
        self.metrics.append(
            {
                "round": number, "billed_tokens": billed, "useful_tokens": billed, "test": test,
                "accepted": accepted, "rejected": rejected, "dev": None,
                "hard_error": 1.0 if accepted else None, "easy_error": None,
                "class_f1": {"negative": f1, "positive": f1},
            }
        )  # fmt: skip
        lines = "".join(f"{json.dumps(line)}\n" for line in self.metrics)
        (self.path / "metrics.jsonl").write_text(lines, encoding="utf-8")
        self.emit(
            Scored(dev=None, test=test, billed_tokens=billed, accepted=accepted, rejected=rejected),
            number, "trainer",
        )  # fmt: skip

    def scores(self, metric: float) -> dict[str, float]:
        """The task's metric; each other score is 0.01 less than the one before it."""
        names = METRICS[self.kind]
        return {name: round(metric - at / 100, 3) for at, name in enumerate(names)}

    def end(self) -> Made:
        """Close the run in order."""
        self.emit(Warned(text="a call gave no text"), len(self.metrics) - 1, "hard_generator")
        self.events.save_useful(set(self.tasks))
        self.emit(Stopped(status="done", reason="2 rounds done"), 0, "")
        self.events.close()
        self.ledger.close_database()
        self.save("done", "2 rounds done")
        return Made(self.path, self.calls)


def make_run(
    path: Path,
    texts: Sequence[Sequence[str]] = (("Great phone.", "It is a phone."), ("Lovely lid.", "Lid.")),
    **about: Any,
) -> Made:
    """A finished run; each of `texts` is a round."""
    maker = Maker(path, rounds=len(texts), **about)
    for number, said in enumerate(texts, 1):
        maker.round(number, said)
    return maker.end()
