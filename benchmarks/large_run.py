"""A made-up run directory with as many calls as wanted, and notes on it, for `viewer.py`.

Written straight into the tables, for a real run of 300,000 calls takes days.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from evokd.ledger.tables import SCHEMA as LEDGER
from evokd.ledger.tables import insert_call, put_freight
from evokd.store.artefacts import dumps
from evokd.store.event_log import EventLog
from evokd.store.map_points import SCHEMA as MAP
from evokd.store.map_points import MapPoint, save_points
from evokd.store.notes import NAME, Note, NoteKind
from evokd.store.sqlite import connect
from evokd.tasks.predictions import FINAL, TestPredictions

BEGAN, CLOCK = datetime(2026, 11, 22, 10, tzinfo=UTC), itertools.count()
"""When the first call left, and how many did."""
NOTES = 1_000
LABELS = ("negative", "positive", "neutral")
LINE = (
    "The lid of this bottle cracked on day {0}, and seller number {1} never answered my {2} mails."
)
PROMPT = "You wrote a product review: the buyer is {0} with the product. " * 12
CONFIG = """\
name: {name}
seed: 1
task: {{language: en, domain: review, labels: {{negative: bad, positive: good, neutral: so-so}}}}
method: evokd
"""


def make(path: Path, calls: int, rounds: int) -> None:
    """A run directory with this many calls: of three, one writes a text and two label it."""
    path.mkdir(parents=True)
    per_round = max(1, calls // rounds // 3)
    ledger = connect(path / "ledger.sqlite", LEDGER)
    EventLog(path / "events.sqlite").close()
    events = connect(path / "events.sqlite", "")
    ledger.execute("BEGIN")
    events.execute("BEGIN")
    metrics, seq = [{"round": 0, **scores(0, 0, 0)}], 0
    synthetic: list[dict[str, Any]] = []
    for number in range(1, rounds + 1):
        kept = 0
        _call(ledger, events, number, "trainer", "analyst", f"a{number}", None)
        parents = [f"r{number - 1:04d}-{n:03d}" for n in range(0, min(16, per_round), 3)]
        said = {
            "text": "It mixes lids and sellers.",
            "right": [],
            "wrong": parents,
            "cited": parents[:4],
        }
        _event(events, "analysed", number, "analyst", f"call-a{number}", None, said)
        for place in range(per_round):
            seq += 1
            row = f"r{number:04d}-{place:03d}"
            kept += _text(ledger, events, synthetic, (number, place, seq), row, parents[:4])
        billed = (number * per_round * 3 + number) * 260
        metrics.append({"round": number, **scores(number, billed, kept)})
    events.executemany("INSERT INTO useful VALUES (?)", ledger.execute("SELECT task FROM calls"))
    for db in (ledger, events):
        db.execute("COMMIT")
        db.close()
    _files(path, metrics, synthetic)


def noted(big: Path) -> None:
    """Notes on some rows and calls of the large run."""
    if (big / NAME).exists():
        return
    db = sqlite3.connect(big / "ledger.sqlite")
    calls = db.execute("SELECT id FROM calls LIMIT ?", (NOTES // 2,)).fetchall()
    db.close()
    ids: list[tuple[NoteKind, str]] = [("call", call) for (call,) in calls]
    ids += [("row", f"r{number:04d}-003") for number in range(1, NOTES // 2)]
    notes = (
        Note(kind, name, "fail", "The lid again.", str(at)) for at, (kind, name) in enumerate(ids)
    )
    lines = "".join(f"{dumps(asdict(note))}\n" for note in notes)
    (big / NAME).write_text(lines, encoding="utf-8")


def scores(number: int, billed: int, kept: int) -> dict[str, Any]:
    """A line of metrics.jsonl."""
    f1 = 0.5 + 0.4 * number / (number + 20)
    return {
        "billed_tokens": billed, "useful_tokens": billed, "accepted": kept, "rejected": kept // 2,
        "hard_error": 0.3, "easy_error": 0.1, "dev": None, "test": {"macro_f1": f1, "accuracy": f1},
        "class_f1": dict.fromkeys(LABELS, f1),
        "confusion": {
            "classes": LABELS,
            "counts": [[a, b, 900 if a == b else 50] for a in range(3) for b in range(3)],
        },
    }  # fmt: skip


def _text(
    ledger: sqlite3.Connection,
    events: sqlite3.Connection,
    synthetic: list[dict[str, Any]],
    at: tuple[int, int, int],
    row: str,
    parents: list[str],
) -> bool:
    """One text with its two votes and its verdict; whether it was accepted."""
    number, place, seq = at
    label, text = LABELS[seq % 3], LINE.format(seq % 97, seq, place)
    writer = "hard_generator" if place % 2 else "easy_generator"
    call = _call(ledger, events, number, "analyst", writer, f"w{seq}", text)
    draft = {
        "text": text,
        "kind": writer[:4],
        "intended_label": label,
        "parents": parents,
        "rewrites": [],
    }
    _event(events, "drafted", number, writer, call, row, draft)
    for voter in range(2):
        voted = _call(ledger, events, number, writer, "labeler", f"v{seq}-{voter}", label)
        vote = {"voter": voter, "label": label, "probabilities": {label: 0.8}, "reason": None}
        _event(events, "voted", number, "labeler", voted, row, vote)
    accepted = seq % 3 != 0
    verdict = {"by": "critic", "action": "accept" if accepted else "reject", "label": label,
               "reason": "good" if accepted else f"reason {seq % 5}"}  # fmt: skip
    _event(events, "judged", number, "critic", None, row, verdict)
    if accepted:
        seen = {"label": label, "predicted": LABELS[seq % 2], "confidence": 0.6}
        _event(events, "evaluated", number, "evaluator", None, row, seen)
        synthetic.append(
            {
                "row": row, "round": number, "kind": writer[:4], "text": text, "label": label,
                "intended_label": label, "probability": 0.8, "agreement": 1.0, "parents": parents,
                "calls": [call], "votes": [{"row": row, "voter": 0, "label": label}] * 2,
            }
        )  # fmt: skip
    return accepted


def _call(
    ledger: sqlite3.Connection,
    events: sqlite3.Connection,
    number: int,
    source: str,
    target: str,
    name: str,
    reply: str | None,
) -> str:
    call, task = f"call-{name}", f"task-{name}"
    began = BEGAN + timedelta(seconds=0.2 * next(CLOCK))
    at, closed = (f"{one:%Y-%m-%dT%H:%M:%S}.000Z" for one in (began, began + timedelta(seconds=3)))
    usage = {"text": reply, "finish_reason": "stop", "usage": {"prompt": 240, "completion": 20}}
    row = {
        "id": call, "thread": "big", "task": task, "node_attempt": 1, "round": number,
        "source": source, "target": target, "agent": target, "model": "made-up-8b", "voter": 0,
        "slot": name, "attempt": 1, "template": f"evokd/en/{target}", "template_sha": "t" * 64,
        "prompt_sha": "p" * 64, "status": "ok", "prompt_tokens": 240, "completion_tokens": 20,
        "estimated_prompt_tokens": 0, "estimated_completion_tokens": 0, "max_tokens": 64,
        "usd": 0.0001, "opened_at": at, "closed_at": closed,
        "text": reply, "reply": json.dumps(usage),
    }  # fmt: skip
    insert_call(ledger, row)
    put_freight(ledger, ("big", task, number, source, target, 90))
    said = {
        "agent": target, "source": source, "model": "made-up-8b", "slot": name, "attempt": 1,
        "status": "ok", "template": f"evokd/en/{target}", "template_sha": "t" * 64, "reply": reply,
        "messages": [["system", ""], ["user", PROMPT.format(name)]], "error": None,
        "prompt_tokens": 240, "completion_tokens": 20, "seconds": 1.5, "task": task,
    }  # fmt: skip
    _event(events, "called", number, target, call, None, said)
    return call


def _event(
    events: sqlite3.Connection,
    kind: str,
    number: int,
    node: str,
    call: str | None,
    row: str | None,
    said: dict[str, Any],
) -> None:
    at = "2026-11-22T10:00:01.500Z"
    body = {**said, "type": kind, "at": at, "round": number, "node": node, "call": call, "row": row}
    events.execute(
        "INSERT INTO events (at, type, round, node, call, row, body) VALUES (?,?,?,?,?,?,?)",
        (at, kind, number, node, call, row, json.dumps(body)),
    )


def _files(path: Path, metrics: list[dict[str, Any]], synthetic: list[dict[str, Any]]) -> None:
    for name, rows in (("metrics", metrics), ("synthetic", synthetic)):
        text = "".join(f"{json.dumps(row)}\n" for row in rows)
        (path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (path / "config.yaml").write_text(CONFIG.format(name=path.name), encoding="utf-8")
    info = {
        "id": "big", "name": path.name, "method": "evokd", "seed": 1, "status": "done",
        "reason": "made up", "created_at": "2026-11-22T10:00:00.000Z", "elapsed_s": 3600.0,
    }  # fmt: skip
    (path / "run.json").write_text(json.dumps(info), encoding="utf-8")
    _student(path, len(metrics), synthetic)


def _student(path: Path, rounds: int, synthetic: list[dict[str, Any]]) -> None:
    """A map of 240 texts a round, and the last student's answers to 3,000 test rows."""
    events = connect(path / "events.sqlite", MAP)
    made = synthetic[:120]
    for number in range(rounds):
        at = [((7 * n + number) % 97 / 97, (11 * n) % 89 / 89) for n in range(240)]
        points = [MapPoint("test", f"test-{n}", *at[n], LABELS[n % 3]) for n in range(120)]
        points += [
            MapPoint("synthetic", row["row"], *at[120 + n], row["label"])
            for n, row in enumerate(made)
        ]
        save_points(events, number, points)
    events.close()
    gold = [LABELS[n % 3] for n in range(3000)]
    said = [LABELS[(n + (n % 10 == 0)) % 3] for n in range(3000)]
    rows = [f"test-{n}" for n in range(3000)]
    TestPredictions.of("macro_f1", rows, gold, {FINAL: said}).write(path / "test_predictions.json")
