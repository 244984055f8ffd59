"""Scores as every face shows them: the task's own metric first, by its name for people.

A run scores its student by name (`evokd.tasks.formats`: macro-F1, accuracy, F1 of entities, …), and
`task.metric` says which of them counts. Terminal, pages, studies and reports ask here what to show
and in which order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from evokd.config.task import METRICS, TaskKind

_DEFAULT: TaskKind = "classification"


def score_names(kind: object, metric: object) -> tuple[str, ...]:
    """The scores of a task, the one that counts first.

    Args:
        kind: `task.kind`; of a kind unknown here, the scores of classes.
        metric: `task.metric`; None for the kind's own.
    """
    known = METRICS.get(cast(TaskKind, kind), METRICS[_DEFAULT])
    metric = str(metric or known[0])
    return (metric, *(name for name in known if name != metric))


def all_names(names: Iterable[str], scores: Mapping[str, Any]) -> list[str]:
    """These names, then what else was scored: each head of several, the share all right."""
    first = [name for name in names if name in scores]
    return [*first, *sorted(name for name in scores if name not in first)]


def metric_name(metric: str) -> str:
    """A score's name for people: `macro-F1`, `F1`, `topic accuracy`."""
    words = metric.replace("macro_f1", "macro-F1").replace("f1", "F1")
    return words.replace("_", " ").replace(".", " ")
