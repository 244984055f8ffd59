"""student_writer: mixed policy's first half, the student's own answers, cut (no tokens spent)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langgraph.types import Send

from evokd.dasd.mixed import cap, cut
from evokd.dasd.rows import ScoredResponse
from evokd.store.events import Warned
from graph.core.node_context import NodeContext
from graph.dasd.nodes.finisher import BegunRow, FinishTask
from graph.dasd.nodes.teacher_reasoner import MOST_TASKS
from graph.dasd.services import DasdServices
from graph.dasd.state import DasdState


async def student_writer(
    state: DasdState, node: NodeContext, services: DasdServices
) -> dict[str, Any]:
    """Answers to questions of the stage before, at its temperature; those that count are cut."""
    config = node.run.config
    mixed = services.settings.mixed
    assert mixed is not None
    asked = services.curriculum.questions["stage2"][: mixed.questions]
    sizes = [one.size for one in node.read(state["judged"]["stage2"], ScoredResponse)]
    answers = await services.students.write(
        services.ask([one.text for one in asked]),
        services.adapters(state, "stage2"),
        max_new_tokens=cap(sizes, mixed.cap),
        temperature=services.curriculum.stage("stage2").temperature,
        seed=config.seed,
    )
    begun = []
    for one, answer in zip(asked, answers, strict=True):
        found = services.curriculum.task_format.found(one.text, answer.text)
        right = found is not None and services.curriculum.task_format.right(found.value, one.label)
        wanted = {"truncated": answer.finish == "length", "wrong": not right, "all": True}
        part = cut(answer.text, config.seed, one.id)
        if wanted[mixed.which] and part.strip():
            begun.append(BegunRow(one.id, part))
    if not begun:
        node.emit(Warned(text=f"mixed: none of {len(asked)} answers was {mixed.which}"))
    return {"begun": node.put(begun)}


def to_finisher(count: Callable[[str], int]) -> Callable[[DasdState], list[Send]]:
    """What was begun, in slices; at least one Send, else nobody would wake the filter."""

    def route(state: DasdState) -> list[Send]:
        total = count(state["begun"])
        size = max(1, -(-total // MOST_TASKS))
        return [
            Send(
                "finisher",
                FinishTask(
                    source="student_writer",
                    round=state["round"],
                    begun=state["begun"],
                    start=at,
                    end=min(at + size, total),
                ),
            )
            for at in range(0, max(total, 1), size)
        ]

    return route
