"""Classes that come in during training, and what the student forgets of the earlier ones.

`task.introduce: {3: [Business, Sci/Tech]}`: these labels are known from round 3 on, all others from
the start. Before its round a label stands in no prompt, is no shot and no output of the student.
Scores of a round are those on the test rows whose label is known by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evokd.config import TaskConfig
from evokd.tasks.example import Example
from evokd.tasks.formats import TaskFormat, task_format_of

START = "from the start"


def known(config: TaskConfig, round_number: int) -> tuple[str, ...]:
    """The labels that are known in a round (0: the warm-up), in the order of the config."""
    if not config.introduce:
        return tuple(config.labels)
    later = {
        label
        for number, labels in config.introduce.items()
        if number > round_number
        for label in labels
    }
    return tuple(label for label in config.labels if label not in later)


def task_format_at(task_format: TaskFormat, config: TaskConfig, round_number: int) -> TaskFormat:
    """The task's form with the labels that are known in a round."""
    labels = known(config, round_number)
    if len(labels) == len(config.labels):
        return task_format
    values = config.data.label_map.items()
    data = {"label_map": {value: label for value, label in values if label in labels}}
    less = {
        "labels": {label: config.labels[label] for label in labels},
        "data": config.data.model_copy(update=data),
        "introduce": {},
    }
    return task_format_of(config.model_copy(update=less))


def known_rows(rows: Sequence[Example], task_format: TaskFormat) -> list[Example]:
    """The rows whose label the form knows, for kinds whose label is a class."""
    if task_format.kind != "classification":
        return list(rows)
    return [row for row in rows if row.label in task_format.labels]


def groups(config: TaskConfig) -> dict[str, tuple[str, ...]]:
    """Labels that became known together, by a name for tables, in the order of their rounds."""
    found = {START: known(config, 0)}
    for number in sorted(config.introduce):
        found[f"from round {number}"] = tuple(config.introduce[number])
    return found


def group_scores(
    config: TaskConfig, task_format: TaskFormat, rows: Sequence[Example], predicted: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Each group's scores on its own test rows; groups that are not yet known are left out.

    All known labels are in the running, so a row that is given to a newer class counts as missed.
    `accuracy` is the share of the group's rows that is right, `macro_f1` the mean F1 of its classes
    over its rows. Rows of other groups play no part: what is new can take away and nothing else.

    Args:
        config: For the groups.
        task_format: With the labels known by now.
        rows: Test rows with known labels.
        predicted: The student's answers, in their order.
    """
    found = {}
    for name, labels in groups(config).items():
        own = [(r, p) for r, p in zip(rows, predicted, strict=True) if r.label in labels]
        if not own or not set(labels) <= set(task_format.labels):
            continue
        report = task_format.report([row for row, _ in own], [said for _, said in own])
        right = sum(row.label == said for row, said in own)
        found[name] = {
            "macro_f1": sum(report[label].f1 for label in labels) / len(labels),
            "accuracy": right / len(own),
        }
    return found


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What became of a group's score after other classes came in."""

    group: str
    introduced: int
    """Round in which the others came."""
    before: Mapping[str, float]
    """Scores after the round before that one."""
    after: Mapping[str, float]
    """Scores at the end."""

    def lost(self, name: str) -> float:
        """How far a score fell; negative where it rose."""
        return self.before[name] - self.after[name]


def forgetting(config: TaskConfig, lines: Sequence[Mapping[str, Any]]) -> list[Forgetting]:
    """Of each introduction, every earlier group's scores just before it and at the end.

    Args:
        config: For the rounds.
        lines: Of metrics.jsonl; a round that the run did not reach gives nothing.
    """
    by_round = {int(line["round"]): line.get("groups") or {} for line in lines}
    if not by_round:
        return []
    last = max(by_round)
    return [
        Forgetting(group, number, by_round[number - 1][group], by_round[last][group])
        for number in sorted(config.introduce)
        if number <= last
        for group in groups(config)
        if group in by_round.get(number - 1, {}) and group in by_round[last]
    ]
