"""review: draws the sample of history that the student sees again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.records import Candidate
from evokd.tasks.example import Example
from graph.core.loop_method import LoopMethod
from graph.core.memory import consulted, gold_rows, memory_of, remembered
from graph.core.node_context import NodeContext
from graph.core.rows import example
from graph.core.state import LoopState
from student.selection.held_back import taught
from student.selection.memory import StudentView
from student.selection.schedule import review_due


async def review(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Rows of earlier rounds and the seed shots, as the policy draws them.

    A policy that watches rows is shown them in every round, whether or not a review is due.
    """
    run, settings = node.run, node.run.config.loop.review
    number, due = node.edge.round, review_due(node.edge.round, settings.every)
    policy = settings.policy or settings.sampling
    memory = memory_of(node, state, policy, gold_rows(node, settings.gold))
    if not due and not memory.watches:
        return {"review": None}
    batch = node.read(state["batch"], Candidate)
    earlier = [example(row) for row in node.read_all(state.get("history", []), Candidate)]
    size = (len(batch) if settings.rows == "batch" else settings.rows) if due else 0
    known = [*node.seeds, *taught(earlier, run.config.student)]
    incoming = taught([example(row) for row in batch], run.config.student)

    def draw(student: StudentView | None) -> Sequence[Example]:
        memory.observe(number, known, student)
        return memory.sample(size, node.rng(), incoming)

    sample = await consulted(node, memory, draw)
    return {"review": node.put(sample) if due else None, **remembered(node, state, memory)}
