"""A made run with all that is kept of a student: counts, answers, map, values, levels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evokd.store.map_points import SCHEMA, MapPoint, save_points
from evokd.store.sqlite import connect
from evokd.tasks.confusion import Confusion, confusion_of
from evokd.tasks.example import Example
from evokd.tasks.formats import TaskFormat, task_format_of
from evokd.tasks.predictions import FINAL, TestPredictions
from tests.runs.made_measures import measured
from tests.runs.made_run import Made, make_run

TESTED = (
    ("Broken on arrival.", "negative", "negative"),
    ("It sings.", "positive", "negative"),
    ("I return it.", "negative", "positive"),
    ("Best lid ever, 冷蔵庫.", "positive", "positive"),
    ("Not bad at all.", "positive", "negative"),
)
"""Text, right answer, what the last student says."""


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def write_lines(file: Path, lines: Sequence[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")


def give_config(run: Path, task: dict[str, Any]) -> TaskFormat:
    """Another task in the run's config; gives its form."""
    from evokd.config import TaskConfig

    document = {"name": "made", "seed": 1, "method": "evokd", "task": task,
                "loop": {"keep": {"policy": "loss"}, "difficulty": {"every": 1}}}  # fmt: skip
    (run / "config.yaml").write_text(json.dumps(document), encoding="utf-8")
    return task_format_of(TaskConfig.model_validate(task))


def give_hash(run: Path, data: Path) -> None:
    """Say in run.json that this file was read."""
    info = json.loads((run / "run.json").read_text(encoding="utf-8"))
    info["data"] = {"test": hashlib.sha256(data.read_bytes()).hexdigest()}
    (run / "run.json").write_text(json.dumps(info), encoding="utf-8")


def give_answers(
    run: Path, task_format: TaskFormat, rows: Sequence[tuple[str, str, str]]
) -> Confusion | None:
    """The last student's answers, and counts in every line; each round before is a bit worse."""
    examples = [Example(f"test-{at}", *row[:2]) for at, row in enumerate(rows)]
    said = [row[2] for row in rows]
    lines = lines_of(run / "metrics.jsonl")
    for line in lines:
        found = confusion_of(task_format, examples, said)
        line["confusion"] = found.to_json() if found else None
        line["class_f1"] = {name: one.f1 for name, one in found.report().items()} if found else {}
    write_lines(run / "metrics.jsonl", lines)
    ids, gold = [row.id for row in examples], [row.label for row in examples]
    TestPredictions.of("macro_f1", ids, gold, {FINAL: said}).write(run / "test_predictions.json")
    return confusion_of(task_format, examples, said)


def make_student_run(path: Path, **about: Any) -> Made:
    """A finished run of two rounds with all of it; its data file lies beside it."""
    made = make_run(path, **about)
    data = path.parent.parent / f"{path.name}-test.jsonl"
    write_lines(data, [{"text": text, "label": label} for text, label, _ in TESTED])
    labels = {"negative": "unhappy", "positive": "happy"}
    task = {"language": "en", "domain": "review", "labels": labels,
            "data": {"train": str(data), "test": str(data)}}  # fmt: skip
    give_answers(path, give_config(path, task), TESTED)
    give_hash(path, data)
    lines = lines_of(path / "metrics.jsonl")
    for line in lines:
        line["representation"] = measured(line["round"])
        line["calibration"] = _calibration()
        line["easy_error"] = 0.25 if line["round"] else None
    write_lines(path / "metrics.jsonl", lines)
    curve = [{"coverage": c / 5, "accuracy": 1 - c / 20, "confidence": 1 - c / 10}
             for c in range(1, 6)]  # fmt: skip
    document = {"round": lines[-1]["round"], "temperature": None, "rows": 5, "area": 0.9,
                "curve": curve, "reliability": {"before": [], "after": None}}  # fmt: skip
    (path / "calibration.json").write_text(json.dumps(document), encoding="utf-8")
    rows = lines_of(path / "synthetic.jsonl")
    for at, row in enumerate(rows):
        row |= {"score": 0.5 - at, "kept": not at, "level": 1 + at}
    write_lines(path / "synthetic.jsonl", rows)
    for row in rows:
        verdict = {
            "row": row["row"], "text": row["text"], "label": "positive", "kind": "hard",
            "predicted": "negative", "margin": 0.25, "mark": "wrong", "loss": 1.5,
        }  # fmt: skip
        write_lines(path / f"rounds/{row['round']:03d}/predictions.jsonl", [verdict])
    give_map(path, [row["row"] for row in rows])
    return made


def give_map(run: Path, rows: Sequence[str]) -> None:
    """Maps of both rounds: a seed shot in the middle, rows to the right, test rows to the left."""
    db = connect(run / "events.sqlite", SCHEMA)
    for number in (1, 2):
        points = [MapPoint("seed", "train-1", 0.0, 0.0, "negative")]
        points += [
            MapPoint("synthetic", row, 1.0, float(at), "positive") for at, row in enumerate(rows)
        ]
        points += [
            MapPoint("test", f"test-{at}", -1.0, at / 4, label)
            for at, (_, label, _) in enumerate(TESTED)
        ]
        save_points(db, number, points)
    db.close()


def _calibration() -> dict[str, Any]:
    found = {"ece": 0.125, "brier": 0.3, "nll": 0.7}
    return {"by": None, "temperature": None, "rows": 0, "dev": None,
            "test": {"before": found, "after": None}}  # fmt: skip
