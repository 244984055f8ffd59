"""retriever: takes texts of the pool near the student's mistakes, before any is written. No tokens.

Some are labelled as they are, the others wait for the writers, who say them anew for a class.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from agents.records import Draft, Marked, Passage
from evokd.store.events import Retrieved, Warned
from evokd.tasks.pool import untaken
from graph.core.channels import weak_targets
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.pool_share import RETRIEVER, pool_share
from graph.core.retrieval import Shelf, Similar, mistakes, of_class, shelf
from graph.core.round_budget import shares_of, texts_to_write
from graph.core.rows import deliver
from graph.core.state import LoopState


async def retriever(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Share the round's texts out, and take from the pool what is its part."""
    run, loop = node.run, node.run.config.loop
    feedback = node.read(state["feedback"], Marked) if method.marks != "none" else []
    earlier = state.get("taken", [])
    known = [one for ref in earlier for one in run.records(ref, Passage)]
    free = untaken(run.task.pool, {one.row for one in known}, (row.text for row in node.seeds))
    sought = [*(row.text for row in feedback), *(row.text for row in node.seeds)]
    books = await shelf(run, free, sought)
    rng = node.rng()

    total = texts_to_write(node, state)
    wanted = min(pool_share(run, state).labelled(total), len(free))
    taken = {RETRIEVER: books.take(wanted, _similar(mistakes(feedback)), rng)}
    texts = {RETRIEVER: len(taken[RETRIEVER]), **shares_of(loop, total - len(taken[RETRIEVER]))}
    rewritten = sum(one.target is not None for one in known)
    turn = rewritten // len(method.writers)  # of each, or one would write for a class alone
    for name in method.writers:
        targets = _targets(state, node, feedback, round(loop.rewrite * texts[name]), turn)
        taken[name] = _of_targets(books, targets, feedback, node)
    if not free and (state.get("passages") or not earlier):  # once, when it has run out
        node.emit(Warned(text="the pool is used up: the writers write all"))
    _tell(node, taken)
    refs = {name: node.put(rows) for name, rows in taken.items() if rows}
    update: dict[str, Any] = {
        "texts": texts,
        "passages": refs,
        "taken": [*earlier, *refs.values()],
    }
    if loop.pool_share:
        update["drafts"] = {RETRIEVER: deliver(node, _drafts(node, taken[RETRIEVER]))}
    return update


def _similar(rows: Sequence[Marked]) -> list[Similar]:
    return [(row.row, row.text) for row in rows]


def _targets(
    state: LoopState, node: NodeContext, feedback: Sequence[Marked], texts: int, turn: int
) -> list[str]:
    """What each passage is to be said anew for: the classes in turn, or as the weak ones need."""
    if not texts:
        return []
    if feedback and node.run.config.loop.feedback.allocation == "weak":
        return weak_targets(state, node, feedback, texts)
    view = node.view.listing(state.get("classes") or ())
    every = view.targets or view.labels
    return [every[at % len(every)] for at in range(turn, turn + texts)]


def _of_targets(
    books: Shelf, targets: Sequence[str], feedback: Sequence[Marked], node: NodeContext
) -> list[Passage]:
    """Passages near the mistakes of each class, else near its rows, in the order of the targets."""
    found: dict[str, list[Passage]] = {}
    for target, n in Counter(targets).items():
        own = _similar(of_class(mistakes(feedback), target, node.task_format))
        own = own or _rows_of(target, feedback, node)
        found[target] = books.take(n, own, node.rng(), target)
    queues = {target: iter(rows) for target, rows in found.items()}
    in_order = (next(queues[target], None) for target in targets)
    return [one for one in in_order if one is not None]


def _rows_of(target: str, feedback: Sequence[Marked], node: NodeContext) -> list[Similar]:
    """All that is known of a class: its rows in the feedback, and its seed shots."""
    seeds = [Marked(one.id, one.text, one.label, one.label, 1.0, "right") for one in node.seeds]
    rows = of_class([*feedback, *seeds], target, node.task_format)
    return list({text: (row, text) for row, text in _similar(rows)}.values())


def _drafts(node: NodeContext, passages: Sequence[Passage]) -> list[Draft]:
    number = node.edge.round
    return [
        Draft(f"r{number:03d}-{one.row}", number, "pool", one.text, None, None, one.near)
        for one in passages
    ]


def _tell(node: NodeContext, taken: Mapping[str, Sequence[Passage]]) -> None:
    """A trace event for each passage that a writer gets; the drafts have their own."""
    for one in (one for rows in taken.values() for one in rows if one.target is not None):
        node.emit(Retrieved(row=one.row, text=one.text, parents=list(one.near), target=one.target))
