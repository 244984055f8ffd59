"""dev_examiner: the student is examined on the synthetic dev set. No tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evokd.store.events import Examined
from evokd.tasks.example import Example
from graph.core.feedback import least_sure, mark
from graph.core.node_context import NodeContext
from graph.core.state import LoopState

if TYPE_CHECKING:
    from graph.methods.curate_refine import CurateRefine


async def dev_examiner(state: LoopState, node: NodeContext, method: CurateRefine) -> dict[str, Any]:
    """Its verdicts are what analyst and writer go by in the round that begins now."""
    run, done = node.run, state["round"] - 1
    rows = node.read(state["dev_set"], Example)
    predictions = await run.students.predict([row.text for row in rows], done)
    marked = [mark(row, one) for row, one in zip(rows, predictions, strict=True)]
    score = node.task_format.scores(rows, [one.label for one in predictions])[run.task.metric]
    scores = [*state.get("dev_set_scores", []), score]
    wrong = sum(row.mark == "wrong" for row in marked)
    node.emit(Examined(rows=len(rows), wrong=wrong, metric=run.task.metric, score=round(score, 4)))
    run.dir.write_round(done, "dev_verdicts.jsonl", [row.to_json() for row in marked])
    update = {"feedback": node.put(least_sure(marked)), "dev_set_scores": scores}
    stop = method.done(scores, method.left(node, state))
    return update if stop is None else {**update, "stop": stop}
