"""Short orders to a writer (`method: lean`): a class, the one it is taken for, a style.

No instruction is repeated from call to call, and no row is shown: what a prompt says is what sets
it apart from the others, and several texts are written to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from agents.records import Marked
from agents.weakness import confused_pairs, taken_for
from agents.writer import WriteRequest

if TYPE_CHECKING:
    from evokd.tasks.formats import TaskFormat
    from graph.core.node_context import NodeContext

CITED = 4
"""Student errors that a text's lineage names as its parents, at most."""


def classes_for(
    node: NodeContext, state: Mapping[str, Any], n: int, *, weak: bool
) -> Sequence[str]:
    """The class of each of `n` orders: the weaker the student is at one, the more; or in turn."""
    if weak:
        from graph.core.channels import weak_targets  # it brings langgraph

        marked = node.run.records(state["feedback"], Marked)
        return weak_targets(state, node, marked, n)  # type: ignore[arg-type]  # the loop's state
    every, shift = node.view.ordered, (node.edge.round - 1) * n
    return [every[(shift + at) % len(every)] for at in range(n)]


def order(
    label: str,
    marked: Sequence[Marked],
    task_format: TaskFormat,
    *,
    styles: Sequence[str],
    confusions: float,
    rng: Random,
) -> WriteRequest:
    """One order; the number of texts is the caller's to say.

    Args:
        label: The class to write for.
        marked: The student's verdicts.
        task_format: What classes an answer has.
        styles: One is drawn; of none nothing is said of it.
        confusions: Probability that a class is named which the student takes this one for, or the
            other way round, where there is one.
        rng: Draws.
    """
    style = rng.choice(styles) if styles else ""
    other = None
    if rng.random() < confusions:
        other = taken_for(label, confused_pairs(marked, task_format), rng.randrange(len(marked)))
    pair = {label, other}
    wrong = [row.row for row in marked if {row.label, row.predicted} == pair]
    return WriteRequest(label, 1, parents=tuple(wrong[:CITED]), mistaken=other, style=style)
