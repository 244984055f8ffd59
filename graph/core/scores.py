"""Scores after training, and the round's line in metrics.jsonl. Test scores go nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from evokd.store.events import Scored, Trained
from evokd.tasks.confusion import Confusion, confusion_of
from evokd.tasks.continual import group_scores, known_rows
from evokd.tasks.example import Example
from evokd.tasks.predictions import FINAL, TestPredictions
from graph.core.calibration import PLACES, Answered, calibrate, fitted_on, write_curve
from graph.core.node_context import NodeContext
from graph.core.run_context import RunContext
from student.results import FitReport

Measure = Callable[[RunContext, Sequence[Example], Sequence[str]], dict[str, Any]]
"""`Method.measure`."""


async def score_round(
    node: NodeContext,
    report: FitReport,
    *,
    accepted: int,
    rejected: int,
    errors: dict[str, float | None],
    student_steps: int,
    measure: Measure,
    held_back: Sequence[Example] = (),
    beside: Mapping[str, Any] = MappingProxyType({}),
) -> float | None:
    """Score dev and test, write the line; gives the dev score (the task's metric) alone.

    `measure` is the method's own: what it wants to know of the test rows, for the line alone.
    `held_back` are the accepted rows so far that the student's temperature is fitted on. `beside`
    are further keys of the line, of the round's work and not of its scores.
    """
    run, number = node.run, node.edge.round
    tested = await _score(node, run.task.test, number)
    test, by_class = tested.scores, tested.class_f1
    on_dev = await _score(node, run.task.dev, number) if run.task.dev else None
    dev = on_dev.scores if on_dev else None
    line: dict[str, Any] = {
        "round": number,
        "billed_tokens": run.metering.budget.tokens,
        "useful_tokens": run.useful_tokens(),
        "accepted": accepted,
        "rejected": rejected,
        "hard_error": errors.get("hard"),
        "easy_error": errors.get("easy"),
        "dev": dev,
        "test": test,
        "class_f1": by_class,
        "confusion": tested.confusion.to_json() if tested.confusion else None,
        "steps": report.steps,
        "student_steps": student_steps,
        "trained_tokens": report.tokens,
    }
    if tested.groups is not None:
        line["groups"] = tested.groups
    if tested.intervals:
        line["intervals"] = {
            "dev": on_dev.intervals if on_dev else None,
            "test": tested.intervals,
        }
    line |= beside
    line |= measure(run, tested.rows, tested.predicted)
    line["calibration"] = await _calibrated(node, tested, on_dev, held_back)
    run.dir.replace_lines(run.dir.metrics, number, [line])
    _keep_answers(run, tested)
    if report.mean_loss is not None:
        node.emit(
            Trained(
                rows=report.examples,
                steps=report.steps,
                loss=report.mean_loss,
                seconds=round(report.seconds, 3),
                tokens=report.tokens,
            )
        )
    node.emit(
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
    return None if dev is None else dev[run.task.metric]


class Tested(NamedTuple):
    """Scores on some rows."""

    scores: dict[str, float]
    """By name."""
    class_f1: dict[str, float]
    groups: dict[str, dict[str, float]] | None
    """Where labels come in on the way: scores by labels that came together."""
    rows: Sequence[Example]
    """Those that were scored."""
    predicted: Sequence[str]
    answered: Answered | None
    """Their probabilities, where the kind has them."""
    confusion: Confusion | None
    """Counts of right and said classes, where the kind has classes."""
    intervals: dict[str, list[float]]
    """Score → low and high end of its 95 % interval over rows, where the kind gives them."""


def _keep_answers(run: RunContext, tested: Tested) -> None:
    """test_predictions.json: what the last student says of each test row, for readers alone."""
    ids, gold = [row.id for row in tested.rows], [row.label for row in tested.rows]
    said = TestPredictions.of(run.task.metric, ids, gold, {FINAL: tested.predicted})
    said.write(run.dir.test_predictions)


async def _calibrated(
    node: NodeContext, tested: Tested, on_dev: Tested | None, held_back: Sequence[Example]
) -> dict[str, Any] | None:
    """See `calibrate`; the curve of this student takes the place of the last one's."""
    run, number = node.run, node.edge.round
    by = fitted_on(run.config, on_dev is not None)
    held = None
    if by == "held_back" and held_back:
        _, logs = await run.students.verdicts([row.text for row in held_back], number)
        held = Answered.of(held_back, logs, node.task_format.labels)
    found = calibrate(by, tested.answered, on_dev.answered if on_dev else None, held)
    if found is not None and tested.answered is not None:
        write_curve(run.dir, number, tested.answered, found["temperature"])
    return found


async def _score(node: NodeContext, rows: Sequence[Example], number: int) -> Tested:
    """Of the rows, those whose label is known by this round."""
    config, task_format = node.run.config.task, node.task_format
    rows = known_rows(rows, task_format) if config.introduce else rows
    predictions, logs = await node.run.students.verdicts([row.text for row in rows], number)
    predicted = [one.label for one in predictions]
    classes = task_format.report(rows, predicted)
    return Tested(
        task_format.scores(rows, predicted),
        {name: line.f1 for name, line in classes.items()},
        group_scores(config, task_format, rows, predicted) if config.introduce else None,
        rows,
        predicted,
        Answered.of(rows, logs, task_format.labels),
        confusion_of(task_format, rows, predicted),
        {
            name: [round(end, PLACES) for end in ends]
            for name, ends in task_format.intervals(rows, predicted).items()
        },
    )
