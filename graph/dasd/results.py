"""What reasoning distillation came to: metrics.jsonl, dasd.json, answers side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evokd.dasd.lessons import ROUNDS, STAGES
from evokd.dasd.results import compare, side_by_side
from evokd.ledger.totals import billed_tokens, useful
from evokd.runs.useful_calls import useful_tasks
from evokd.store.artefacts import dumps, write_atomic
from evokd.store.events import Scored
from evokd.store.run_dir import read_lines
from evokd.tasks.confusion import confusion_of
from evokd.tasks.example import Example
from evokd.tasks.formats.reasoning import UNPARSED
from graph.core.node_context import NodeContext
from graph.dasd.curriculum import STAGE_OF
from graph.dasd.services import DasdServices

RESULTS, SHOWN = "dasd.json", "side_by_side.jsonl"
BEFORE = "base"


def tell(node: NodeContext, services: DasdServices, arms: Sequence[str]) -> None:
    """Write what came of the run; what an interrupted try had left is replaced."""
    run = node.run
    answers = {arm: read_lines(run.dir.path / "arms" / f"{arm}.jsonl") for arm in arms}
    rounds: dict[int, str] = {0: BEFORE}
    rounds |= {ROUNDS[arm]: arm for arm in STAGES if arm in arms}
    lines = [
        _line(node, services, number, arm, answers[arm]) for number, arm in sorted(rounds.items())
    ]
    run.dir.replace_lines(run.dir.metrics, 0, lines)
    for line in lines:
        run.emit(
            Scored(
                round=line["round"],
                node="evaluator",
                dev=line["dev"],
                test=line["test"],
                billed_tokens=line["billed_tokens"],
                accepted=line["accepted"],
                rejected=line["rejected"],
                useful_tokens=line["useful_tokens"],
                class_f1=line["class_f1"],
            )
        )
    results = {
        "arms": _arms(node, answers),
        "stages": {arm: stage for arm in STAGES if (stage := _stage(services, ROUNDS[arm]))},
        "prompts": _prompts(services),
        "notes": notes(services),
    }
    text = json.dumps(results, indent=2, ensure_ascii=False) + "\n"
    write_atomic(run.dir.path / RESULTS, text, durable=False)
    shown = side_by_side(answers, services.settings.evaluation.shown)
    text = "".join(f"{dumps(row)}\n" for row in shown)
    write_atomic(run.dir.path / SHOWN, text, durable=False)


def _line(
    node: NodeContext,
    services: DasdServices,
    number: int,
    arm: str,
    answers: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The round's line, with the keys that every method's lines have."""
    run, task_format = node.run, services.curriculum.task_format
    rows, predicted = _pairs(answers)
    confusion = confusion_of(task_format, rows, predicted)
    lesson = _json(run.dir.path / "lessons" / f"{arm}.json")
    selected = len(_round(node, number, "accepted.jsonl"))
    lost = len(_round(node, number, "rejected.jsonl"))
    billed, useful = _tokens(node, number)
    dev = read_lines(run.dir.path / "arms" / f"{arm}.dev.jsonl")
    return {
        "round": number,
        "arm": arm,
        "billed_tokens": billed,
        "useful_tokens": useful,
        "accepted": selected,
        "rejected": lost,
        "hard_error": None,
        "easy_error": None,
        "dev": task_format.scores(*_pairs(dev)) if dev else None,
        "test": task_format.scores(rows, predicted),
        "class_f1": {name: line.f1 for name, line in task_format.report(rows, predicted).items()},
        "confusion": confusion.to_json() if confusion else None,
        "steps": lesson.get("steps", 0),
        "student_steps": sum(
            _json(run.dir.path / "lessons" / f"{stage}.json").get("steps", 0)
            for stage in STAGES
            if ROUNDS[stage] <= number
        ),
        "trained_tokens": lesson.get("tokens", 0),
    }


def _pairs(answers: Sequence[Mapping[str, Any]]) -> tuple[list[Example], list[str]]:
    rows = [Example(line["id"], line["question"], line["gold"]) for line in answers]
    return rows, [line["answer"] or UNPARSED for line in answers]


def _tokens(node: NodeContext, number: int) -> tuple[int, int]:
    """Billed and useful tokens up to a round."""
    run, db = node.run, node.run.metering.ledger.db
    tasks = useful_tasks(run.dir.checkpoints, run.dir.run()["id"])
    kept = useful(db, tasks, until=number)
    return billed_tokens(db, until=number), kept["prompt_tokens"] + kept["completion_tokens"]


def _arms(node: NodeContext, answers: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    folder = node.run.dir.path / "lessons"
    return {
        arm: {"lesson": _json(folder / f"{arm}.json") or None, **line}
        for arm, line in compare(answers).items()
    }


def _stage(services: DasdServices, number: int) -> dict[str, Any] | None:
    """What became of a stage's responses."""
    folder = services.run.dir.path / "rounds" / f"{number:03d}"
    found, selection = _json(folder / "filter.json"), _json(folder / "selection.json")
    if not found:
        return None
    curriculum, stage = services.curriculum, STAGE_OF[number]
    scores = read_lines(folder / "scores.jsonl")
    return {
        "questions": len(curriculum.questions.get(stage, ())),
        "temperature": curriculum.stage(stage).temperature,
        "filter": found,
        "selection": selection,
        "categories": _sums(scores, "categories"),
        "categories_by_byte": _sums(scores, "categories_by_byte"),
        "information": {
            "before": [line["score"] for line in scores if line["score"] is not None],
            "after": [
                line["score"] for line in scores if line["score"] is not None and line["chosen"]
            ],
        },
    }


def _sums(scores: Sequence[Mapping[str, Any]], key: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in scores:
        for name, count in line.get(key, {}).items():
            found[name] = found.get(name, 0) + count
    return found


def _prompts(services: DasdServices) -> dict[str, Any]:
    prompts = services.curriculum.prompts
    return {
        "template": prompts.to_teacher("?").template,
        "template_sha": prompts.to_teacher("?").template_sha,
        "teacher_examples": prompts.examples,
    }


def notes(services: DasdServices) -> list[str]:
    """What a reader must know to read the numbers."""
    run, config, settings = services.run, services.run.config, services.settings
    found = []
    endpoints = config.teachers.of("teacher_reasoner")
    if settings.teacher_examples:
        found.append(
            f"The teacher saw {settings.teacher_examples} worked examples that the student did"
            " not (context distillation): its log-probabilities are those of the longer prompt."
        )
    if any(endpoint.directive for endpoint in endpoints):
        found.append(
            "The teacher had a directive that the student did not: its log-probabilities are those"
            " of the longer prompt."
        )
    same = any(endpoint.embedded == "smollm2-135m" for endpoint in endpoints)
    if same and config.student.model == "embedded:smollm2-135m":
        found.append("Teacher and student are the same weights; only the prompts differ.")
    if settings.selection.per == "token":
        found.append(
            "Sentence probabilities are means over tokens: between different tokenizers the finer"
            " one looks surer; the categories by byte stand beside them."
        )
    rows = settings.evaluation.rows
    if rows is not None and rows < len(run.task.test):
        found.append(
            f"Compared on {rows} of {len(run.task.test)} test questions, one run, one"
            " seed: the intervals say how little that tells."
        )
    return found


def _round(node: NodeContext, number: int, name: str) -> list[dict[str, Any]]:
    return read_lines(node.run.dir.path / "rounds" / f"{number:03d}" / name)


def _json(file: Path) -> dict[str, Any]:
    """A small JSON file; empty where there is none."""
    if not file.is_file():
        return {}
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found
