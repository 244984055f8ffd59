"""Students trained anew on the rows that a finished cell stored: the noise of one fit, averaged.

All arms are refitted by one recipe, whatever `student.update` was: from base, the warm-up on the
seed shots, then seed and accepted rows together, by `student.steps` or by epochs. Refit j of a
study's seed s draws head, order and dropout from (s, j) alone, so the arms of a seed share them.
Soft targets and `student.weights` go by what synthetic.jsonl holds of each row, whatever the run
itself was set to, so that they can be varied on stored rows. What a method learns (SunGen's
weights) is not stored: a refit counts each row as 1 there. The full-shot reference is refitted on
the full training set. No tokens are spent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from agents.distribution import distribution_of
from agents.records import Vote
from evokd.config import Config, ConfigError
from evokd.store.artefacts import dumps
from evokd.store.run_dir import RunDir, read_lines
from evokd.studies.measures.area import FROM, area
from evokd.tasks.continual import known, known_rows, task_format_at
from evokd.tasks.example import Example
from evokd.tasks.formats import TaskFormat
from evokd.tasks.predictions import FINAL, TestPredictions
from evokd.tasks.task import Task, full_rows
from graph.core.row_weights import MEASURES, WeighedRow, normalised, row_factors
from graph.methods import METHODS, method_of
from student.encoder.training_plan import (
    TrainingPlan,
    full_plan,
    run_plan,
    training_plan,
    warm_up_plan,
)

REFITS = "refits.jsonl"
"""In a run directory: a line a refit and round."""
SPREAD = 1_000_000
"""Seeds of refit j lie that many beyond those of refit j - 1, and of the run itself."""


@dataclass(frozen=True)
class FinishedCell:
    """A finished run of an encoder's method, and its data."""

    config: Config
    task: Task
    run: RunDir
    only: frozenset[str] | None = None
    """Ids of the stored rows that students are trained on; None: all of them."""

    @cached_property
    def lines(self) -> list[dict[str, Any]]:
        """Of metrics.jsonl."""
        return read_lines(self.run.metrics)

    @cached_property
    def stored(self) -> list[dict[str, Any]]:
        """Lines of synthetic.jsonl that may be trained on: with `loop.keep` those it kept."""
        lines = [row for row in read_lines(self.run.synthetic) if row.get("kept", True)]
        return [row for row in lines if self.only is None or row["row"] in self.only]

    @property
    def last(self) -> int:
        """Number of the last round."""
        return int(self.lines[-1]["round"])

    @cached_property
    def rows(self) -> list[tuple[int, Example]]:
        """Round and accepted row, as the student trained on it."""
        return [
            (int(row["round"]), Example(row["row"], row["text"], row["label"]))
            for row in self.stored
        ]

    def form(self, number: int) -> TaskFormat:
        """The task's form with the labels that are known in a round."""
        return task_format_at(self.task.task_format, self.config.task, number)

    def test(self, number: int) -> Sequence[Example]:
        """The test rows of a round: those whose label is known by then."""
        introduces = self.config.task.introduce
        return known_rows(self.task.test, self.form(number)) if introduces else self.task.test

    def labels(self, number: int) -> tuple[str, ...]:
        """The student's labels after a round."""
        task = self.config.task
        return known(task, number) if task.introduce else self.task.labels

    def scored_rounds(self, whole_curve: bool) -> list[int]:
        """Rounds to be refitted: the last, or all that the area under the curve needs."""
        budget = self.config.budget.tokens
        if not whole_curve or budget is None:
            return [self.last]
        following = [*(line["billed_tokens"] for line in self.lines[1:]), budget]
        return [
            int(line["round"])
            for line, until in zip(self.lines, following, strict=True)
            if until > FROM * budget or line["round"] == self.last
        ]


def refit(cell: FinishedCell, number: int, refit_number: int) -> list[str]:
    """Answers to the test rows by a student trained anew on what the run had after a round."""
    from student.encoder.encoder import Encoder

    config = cell.config
    seed = config.seed + SPREAD * refit_number
    student = Encoder.create(
        config.student, cell.labels(number), seed, config.task.kind, cell.task.descriptions
    )
    run_plan(_plan(cell, number), student, seed=1000 * seed)
    return [one.label for one in student.predict([row.text for row in cell.test(number)])]


def _plan(cell: FinishedCell, number: int) -> TrainingPlan:
    config = cell.config.student
    if METHODS[cell.config.method].reference:
        return full_plan(config, full_rows(cell.task))
    labels = {*cell.form(number).labels}
    shots = method_of(cell.config).shots(cell.task)
    introduces = cell.config.task.introduce
    seeds = [row for row in shots if not introduces or row.label in labels]
    rows = [row for round_number, row in cell.rows if round_number <= number]
    if number == 0 and cell.last > 0:  # a point of the curve: the student that the run began with
        return warm_up_plan(config, [*seeds, *rows])
    anew = config.model_copy(update={"update": "retrain"})
    return training_plan(
        anew,
        seed_rows=seeds,
        batch=(),
        history=rows,
        weights=_weights(cell, number),
        soft=stored_distributions(cell) if config.targets == "soft" else None,
        due=1,
    )


def stored_distributions(cell: FinishedCell) -> dict[str, Mapping[str, float]]:
    """Row id → distribution, of the stored rows that have one, or votes that make one.

    Raises:
        ConfigError: no stored row has one, so the students would be those of hard targets.
    """
    in_parts = cell.config.task.kind in ("multi", "multilabel")
    answers = () if in_parts else cell.labels(cell.last)
    told = ((row["row"], _distribution(row, answers)) for row in cell.stored)
    found = {row: distribution for row, distribution in told if distribution}
    if cell.stored and not found:
        raise ConfigError(
            f"student.targets: soft: no row of {cell.run.synthetic} has a distribution: its labeler"
            " gave one vote and no probability; refit rows of a run with `loop.confidence: true`,"
            " several votes, or log-probabilities"
        )
    return found


def _distribution(row: Mapping[str, Any], answers: Sequence[str]) -> Mapping[str, float] | None:
    """As it is stored; of runs from before there was one, what their votes come to."""
    if "distribution" in row:
        stored: Mapping[str, float] | None = row["distribution"]
        return stored
    votes = [Vote.from_json(vote) for vote in row["votes"]]
    return distribution_of(votes, answers)


def _weights(cell: FinishedCell, number: int) -> dict[str, float] | None:
    """Row id → factor by `student.weights`, of mean 1 over the rows known by a round.

    Raises:
        ConfigError: it needs what the student measured in the run, and the run measured nothing.
    """
    config, lines = cell.config.student, [row for row in cell.stored if row["round"] <= number]
    if config.weights == "none":
        return None
    name = MEASURES.get(config.weights, "")
    measured = {row["row"]: row[name] for row in lines if name in row}
    if name and lines and not measured:
        raise ConfigError(
            f"student.weights: {config.weights}: no row of {cell.run.synthetic} has a {name!r},"
            f" which only a run with `student.weights: {config.weights}` measures"
        )
    rows = [WeighedRow.stored(row) for row in lines]
    factors = row_factors(config, rows, measured, cell.form(number).classes)
    return normalised(factors, [row.id for row in rows])


def refit_all(cell: FinishedCell, count: int, whole_curve: bool) -> dict[str, Any]:
    """Do the refits that are not on record yet; gives the columns of results.

    Each is on the disk when it is done, so that a kill costs one fit.
    """
    numbers = cell.scored_rounds(whole_curve)
    file = cell.run.path / REFITS
    done = _known(file)
    for refit_number in range(1, count + 1):
        for number in numbers:
            if (refit_number, number) in done:
                continue
            said = refit(cell, number, refit_number)
            if number == cell.last:
                keep_predictions(cell, f"refit-{refit_number}", said)
            scores = cell.form(number).scores(cell.test(number), said)
            line = {"refit": refit_number, "round": number, "scores": scores}
            with file.open("a", encoding="utf-8") as lines:
                lines.write(f"{dumps(line)}\n")
            done[refit_number, number] = scores
    return _columns(cell, done, count, numbers if whole_curve else [])


def _known(file: Any) -> dict[tuple[int, int], Mapping[str, float]]:
    """What is on record; half a line that a kill left is dropped from the file."""
    import json

    if not file.is_file():
        return {}
    whole = [line for line in file.read_text(encoding="utf-8").split("\n")[:-1] if line]
    file.write_text("".join(f"{line}\n" for line in whole), encoding="utf-8")
    rows = [json.loads(line) for line in whole]
    return {(row["refit"], row["round"]): row["scores"] for row in rows}


def _columns(
    cell: FinishedCell,
    done: Mapping[tuple[int, int], Mapping[str, float]],
    count: int,
    numbers: Sequence[int],
) -> dict[str, Any]:
    metric, whole = cell.config.task.metric, range(1, count + 1)
    last = [done[number, cell.last][metric] for number in whole]
    columns = {"refits": count, **mean_and_sd("last", last)}
    budget = cell.config.budget.tokens
    if not numbers or budget is None:
        return columns
    tokens = [line["billed_tokens"] for line in cell.lines if line["round"] in numbers]
    start = cell.lines[0]["test"][metric]
    areas = [
        area(tokens, [done[number, r][metric] for r in numbers], budget, start) for number in whole
    ]
    return columns | mean_and_sd("refit_area", [one for one in areas if one is not None])


def mean_and_sd(name: str, values: Sequence[float]) -> dict[str, float | None]:
    """Columns `<name>` (`last`: `last_score`) and `<name>_sd` (n - 1) of several fits."""
    import statistics

    mean = statistics.fmean(values) if values else None
    sd = statistics.stdev(values) if len(values) > 1 else None
    return {"last_score" if name == "last" else name: mean, f"{name}_sd": sd}


def keep_final(cell: FinishedCell) -> None:
    """Keep what the run's own last student says of the test rows, if it still lies there."""
    from student.encoder.encoder import Encoder

    kept = TestPredictions.read(cell.run.test_predictions)
    if (kept and FINAL in kept.predicted) or not cell.run.student.is_dir():
        return
    student = Encoder.load(cell.run.student, cell.config.student)
    texts = [row.text for row in cell.test(cell.last)]
    keep_predictions(cell, FINAL, [one.label for one in student.predict(texts)])


def keep_predictions(cell: FinishedCell, name: str, said: Sequence[str]) -> None:
    """Put a student's answers to the test rows beside those that are kept."""
    file = cell.run.test_predictions
    kept = TestPredictions.read(file)
    rows = cell.test(cell.last)
    if kept is None:
        ids, gold = [row.id for row in rows], [row.label for row in rows]
        kept = TestPredictions.of(cell.config.task.metric, ids, gold, {})
    kept.beside(name, said).write(file)
