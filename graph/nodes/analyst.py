"""analyst: reads the feedback, writes the weakness analysis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.analyst import analyse, question
from agents.analyst_paths import analyse_by_paths
from agents.records import Analysis, Marked
from agents.weakness import ConfusionMatrix
from evokd.ledger.budget import BudgetReached
from evokd.ledger.edge import PATHS
from evokd.store.events import Analysed, Warned
from evokd.tasks.continual import known_rows
from evokd.tasks.example import Example
from evokd.teacher.faults import Unusable
from graph.core.decoding import path_plan, tell
from graph.core.faithful import keep_named
from graph.core.feedback import shown
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.round_budget import writers_texts
from graph.core.state import LoopState

CELLS = 20
"""Most cells of a confusion matrix that a prompt shows, the fullest."""


async def analyst(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """One call; a reply that can't be read twice passes the analyst over for the round.

    Nobody is asked in a round whose texts all come from the pool.
    """
    run = node.run
    if not writers_texts(state):
        return {"analysis": None}
    feedback = node.read(state["feedback"], Marked)
    rows = shown(feedback, run.config.loop, node.rng(), run.pack.manifest.analyst.most)
    report = matrix = None
    if method.examines_dev or run.config.loop.feedback.report:
        report = await class_report(node, method, feedback)
        some = state.get("classes") or report
        report = {name: f1 for name, f1 in report.items() if name in some}
    if method.examines_dev:
        listed = state.get("classes") or ()
        matrix = ConfusionMatrix.over(feedback, node.task_format, listed, CELLS)
    view = node.view.listing(state.get("classes") or ())
    plan = path_plan(run.config, "analyst", run.config.teachers.of("analyst")[0])
    stopped: BudgetReached | None = None
    try:
        if plan is None:
            client = node.client("analyst")
            analysis: Analysis = await analyse(client, run.pack, view, rows, report, matrix)
        else:
            client = node.client("analyst", PATHS)
            asked = question(client, run.pack, view, rows, report, matrix)
            analysis, decided, stopped = await analyse_by_paths(client, asked, plan)
            tell(node, [decided])
    except Unusable as reason:
        node.emit(Warned(text=f"no analysis this round: {reason}"))
        return {"analysis": None}
    except BudgetReached as reached:
        return {"analysis": None, **node.stop(reached)}
    node.emit(
        Analysed(
            call=analysis.call,
            text=analysis.text,
            right=[row.row for row in rows if row.mark == "right"],
            wrong=[row.row for row in rows if row.mark != "right"],
            cited=list(analysis.cited),
        )
    )
    document = {
        **analysis.to_json(),
        "patterns": [pattern.to_json() for pattern in analysis.patterns],
        "rows": [row.to_json() for row in rows],
    }
    run.dir.write_round(node.edge.round, "analysis.json", [document])
    named = keep_named(state, node, analysis, rows)
    return {"analysis": node.put([analysis]), "named": named, **node.stop(stopped)}


async def class_report(
    node: NodeContext, method: LoopMethod, feedback: Sequence[Marked]
) -> dict[str, float]:
    """F1 by class: on dev where the task has one, else on the feedback rows; test is never asked.

    A control with shuffled marks gets the report of what it is shown, or dev would tell it; and so
    does a method that has a dev set of its own.
    """
    run = node.run
    rows = [Example(row.row, row.text, row.label) for row in feedback]
    predicted = [row.predicted for row in feedback]
    if run.task.dev and method.marks == "true" and not method.examines_dev:
        rows = known_rows(run.task.dev, node.task_format)
        verdicts = await run.students.predict([row.text for row in rows], node.edge.round - 1)
        predicted = [verdict.label for verdict in verdicts]
    lines = node.task_format.report(rows, predicted)
    return {name: line.f1 for name, line in lines.items()}
