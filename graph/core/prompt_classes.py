"""Which classes analyst and writers are shown in the next round; all, while they are few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from agents.records import Marked
from agents.shortlist import confusions, shortlist
from agents.task_view import TaskView
from evokd.config import Config
from evokd.tasks.formats.multi import SEPARATOR, heads_of
from graph.core.loop_method import Marks
from graph.core.node_context import NodeContext


def next_classes(
    node: NodeContext, marks: Marks, feedback: Iterable[Marked], labels: Iterable[str]
) -> list[str]:
    """The shortlist of the next round, from its feedback and the labels of all accepted rows."""
    number = node.edge.round + 1
    task_format = node.run.task_format_at(number)
    rows = Counter(name for label in labels for name in task_format.classes(label))
    confused = Counter[str]()
    if marks != "none":
        confused = confusions(feedback, task_format)
    return listed(node.run.config, node.run.view_at(number), confused, rows, number)


def listed(
    config: Config,
    view: TaskView,
    confused: Mapping[str, int],
    rows: Mapping[str, int],
    number: int,
) -> list[str]:
    """The shortlist of round `number`; empty where all classes fit.

    Args:
        config: Of the run.
        view: The task as it is known in that round.
        confused: Class → errors it had a part in; nothing where marks reach nobody: then the list
            is balanced and no more.
        rows: Class → accepted rows so far.
        number: The round.
    """
    most, key = config.loop.prompt_classes, f"{config.seed}/{number}"
    found: list[str] = []
    for own in _stretches(view):
        short = shortlist(own, confused=confused, rows=rows, most=most, key=key)
        found += short or own
    return found if len(found) < len(view.labels) else []


def _stretches(view: TaskView) -> Iterable[Sequence[str]]:
    """Classes that share one limit: those of each head, where there are several."""
    if view.task_format.kind != "multi":
        return [view.labels]
    heads = heads_of(view.labels).items()
    return [[f"{head}{SEPARATOR}{name}" for name in names] for head, names in heads]
