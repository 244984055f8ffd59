"""Scores after training, and the round's line in metrics.jsonl. Test scores go nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evokd.store.events import Scored, Trained
from evokd.tasks.example import Example
from evokd.tasks.metrics import Scores, score
from evokd.tasks.metrics import report as report_by_class
from graph.visit import Visit
from student.results import FitReport


async def score_round(
    visit: Visit,
    report: FitReport,
    *,
    accepted: int,
    rejected: int,
    errors: dict[str, float | None],
    student_steps: int,
) -> float | None:
    """Score dev and test, write the line; gives the dev score (the task's metric) alone."""
    bench, number = visit.bench, visit.hop.round
    test, by_class = await _score(visit, bench.task.test, number)
    dev = (await _score(visit, bench.task.dev, number))[0] if bench.task.dev else None
    line: dict[str, Any] = {
        "round": number,
        "billed_tokens": bench.books.budget.tokens,
        "useful_tokens": bench.useful_tokens(),
        "accepted": accepted,
        "rejected": rejected,
        "hard_error": errors.get("hard"),
        "easy_error": errors.get("easy"),
        "dev": as_json(dev) if dev else None,
        "test": as_json(test),
        "class_f1": by_class,
        "steps": report.steps,
        "student_steps": student_steps,
        "trained_tokens": report.tokens,
    }
    bench.dir.replace_lines(bench.dir.metrics, number, [line])
    if report.mean_loss is not None:
        visit.emit(
            Trained(
                rows=report.examples,
                steps=report.steps,
                loss=report.mean_loss,
                seconds=round(report.seconds, 3),
                tokens=report.tokens,
            )
        )
    visit.emit(
        Scored(
            dev=line["dev"],
            test=line["test"],
            billed_tokens=line["billed_tokens"],
            accepted=accepted,
            rejected=rejected,
            useful_tokens=line["useful_tokens"],
            hard_error=line["hard_error"],
            easy_error=line["easy_error"],
            class_f1=by_class,
        )
    )
    return None if dev is None else float(getattr(dev, bench.task.metric))


async def _score(
    visit: Visit, rows: Sequence[Example], number: int
) -> tuple[Scores, dict[str, float]]:
    """The scores, and F1 by class."""
    labels = visit.bench.task.labels
    predictions = await visit.bench.keeper.predict([row.text for row in rows], number)
    gold, predicted = [row.label for row in rows], [one.label for one in predictions]
    classes = report_by_class(gold, predicted, labels)
    return score(gold, predicted, labels), {name: line.f1 for name, line in classes.items()}


def as_json(scores: Scores) -> dict[str, float]:
    """Scores as metrics.jsonl holds them."""
    return {"macro_f1": scores.macro_f1, "accuracy": scores.accuracy}
