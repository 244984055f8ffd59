"""What reasoning distillation came to: metrics.jsonl, dasd.json, answers side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evokd.dasd.lessons import ROUNDS, STAGES
from evokd.dasd.results import compare, side_by_side
from evokd.store.artefacts import dumps, write_atomic
from evokd.store.events import Scored
from evokd.store.run_dir import read_lines
from evokd.tasks.example import Example
from evokd.tasks.forms.reasoning import UNPARSED
from graph.classroom import classroom
from graph.course import STAGE_OF
from graph.lineage import useful_tasks
from graph.visit import Visit

RESULTS, SHOWN = "dasd.json", "side_by_side.jsonl"
BEFORE = "base"


def tell(visit: Visit, arms: Sequence[str]) -> None:
    """Write what came of the run; what an interrupted try had left is replaced."""
    bench = visit.bench
    answers = {arm: read_lines(bench.dir.path / "arms" / f"{arm}.jsonl") for arm in arms}
    rounds: dict[int, str] = {0: BEFORE}
    rounds |= {ROUNDS[arm]: arm for arm in STAGES if arm in arms}
    lines = [_line(visit, number, arm, answers[arm]) for number, arm in sorted(rounds.items())]
    bench.dir.replace_lines(bench.dir.metrics, 0, lines)
    for line in lines:
        bench.emit(
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
        "arms": _arms(visit, answers),
        "stages": {arm: stage for arm in STAGES if (stage := _stage(visit, ROUNDS[arm]))},
        "prompts": _prompts(visit),
        "notes": notes(visit),
    }
    text = json.dumps(results, indent=2, ensure_ascii=False) + "\n"
    write_atomic(bench.dir.path / RESULTS, text, durable=False)
    shown = side_by_side(answers, bench.config.dasd.evaluation.shown)
    text = "".join(f"{dumps(row)}\n" for row in shown)
    write_atomic(bench.dir.path / SHOWN, text, durable=False)


def _line(
    visit: Visit, number: int, arm: str, answers: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The round's line, with the keys that every method's lines have."""
    bench, form = visit.bench, classroom(visit).course.form
    rows, predicted = _pairs(answers)
    lesson = _json(bench.dir.path / "lessons" / f"{arm}.json")
    selected = len(_round(visit, number, "accepted.jsonl"))
    lost = len(_round(visit, number, "rejected.jsonl"))
    billed, useful = _tokens(visit, number)
    dev = read_lines(bench.dir.path / "arms" / f"{arm}.dev.jsonl")
    return {
        "round": number,
        "arm": arm,
        "billed_tokens": billed,
        "useful_tokens": useful,
        "accepted": selected,
        "rejected": lost,
        "hard_error": None,
        "easy_error": None,
        "dev": form.scores(*_pairs(dev)) if dev else None,
        "test": form.scores(rows, predicted),
        "class_f1": {name: line.f1 for name, line in form.report(rows, predicted).items()},
        "steps": lesson.get("steps", 0),
        "student_steps": sum(
            _json(bench.dir.path / "lessons" / f"{stage}.json").get("steps", 0)
            for stage in STAGES
            if ROUNDS[stage] <= number
        ),
        "trained_tokens": lesson.get("tokens", 0),
    }


def _pairs(answers: Sequence[Mapping[str, Any]]) -> tuple[list[Example], list[str]]:
    rows = [Example(line["id"], line["question"], line["gold"]) for line in answers]
    return rows, [line["answer"] or UNPARSED for line in answers]


def _tokens(visit: Visit, number: int) -> tuple[int, int]:
    """Billed and useful tokens up to a round."""
    bench = visit.bench
    tasks = useful_tasks(bench.dir.checkpoints, bench.dir.run()["id"])
    billed = useful = 0
    for task, status, tokens in bench.books.ledger.db.execute(
        "SELECT task, status, SUM(prompt_tokens + completion_tokens) FROM calls"
        " WHERE status NOT IN ('replayed', 'unsent') AND round <= ? GROUP BY task, status",
        (number,),
    ):
        billed += tokens
        useful += tokens if status == "ok" and task in tasks else 0
    return billed, useful


def _arms(visit: Visit, answers: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    folder = visit.bench.dir.path / "lessons"
    return {
        arm: {"lesson": _json(folder / f"{arm}.json") or None, **line}
        for arm, line in compare(answers).items()
    }


def _stage(visit: Visit, number: int) -> dict[str, Any] | None:
    """What became of a stage's responses."""
    folder = visit.bench.dir.path / "rounds" / f"{number:03d}"
    found, selection = _json(folder / "filter.json"), _json(folder / "selection.json")
    if not found:
        return None
    course, stage = classroom(visit).course, STAGE_OF[number]
    scores = read_lines(folder / "scores.jsonl")
    return {
        "questions": len(course.questions.get(stage, ())),
        "temperature": course.stage(stage).temperature,
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


def _prompts(visit: Visit) -> dict[str, Any]:
    wording = classroom(visit).course.wording
    return {
        "template": wording.to_teacher("?").template,
        "template_sha": wording.to_teacher("?").template_sha,
        "teacher_examples": wording.examples,
    }


def notes(visit: Visit) -> list[str]:
    """What a reader must know to read the numbers."""
    config = visit.bench.config
    found = []
    endpoints = config.teachers.of("teacher_reasoner")
    if config.dasd.teacher_examples:
        found.append(
            f"The teacher saw {config.dasd.teacher_examples} worked examples that the student did"
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
    if config.dasd.selection.per == "token":
        found.append(
            "Sentence probabilities are means over tokens: between different tokenizers the finer"
            " one looks surer; the categories by byte stand beside them."
        )
    rows = config.dasd.evaluation.rows
    if rows is not None and rows < len(visit.bench.task.test):
        found.append(
            f"Compared on {rows} of {len(visit.bench.task.test)} test questions, one run, one"
            " seed: the intervals say how little that tells."
        )
    return found


def _round(visit: Visit, number: int, name: str) -> list[dict[str, Any]]:
    return read_lines(visit.bench.dir.path / "rounds" / f"{number:03d}" / name)


def _json(file: Path) -> dict[str, Any]:
    """A small JSON file; empty where there is none."""
    if not file.is_file():
        return {}
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found
