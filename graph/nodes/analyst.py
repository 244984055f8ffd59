"""analyst: reads the feedback, writes the weakness analysis."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from agents.analyst import analyse
from agents.records import Analysis, Marked
from evokd.ledger.budget import BudgetReached
from evokd.store.events import Analysed, Warned
from evokd.tasks.continual import known_rows
from evokd.tasks.example import Example
from evokd.teacher.faults import Unusable
from graph.feedback import shown
from graph.state import State
from graph.visit import Visit


async def analyst(state: State, visit: Visit) -> dict[str, Any]:
    """One call; a reply that can't be read twice passes the analyst over for the round."""
    bench = visit.bench
    feedback = visit.read(state["feedback"], Marked)
    rows = shown(feedback, bench.config.loop, draw(visit))
    report = None
    if bench.config.loop.feedback.report:
        report = await class_report(visit, feedback)
        some = state.get("classes") or report
        report = {name: f1 for name, f1 in report.items() if name in some}
    desk = visit.desk("analyst")
    try:
        brief = visit.brief.listing(state.get("classes") or ())
        analysis: Analysis = await analyse(desk, bench.pack, brief, rows, report)
    except Unusable as reason:
        visit.emit(Warned(text=f"no analysis this round: {reason}"))
        return {"analysis": None}
    except BudgetReached as reached:
        return {"analysis": None, **visit.stop(reached)}
    visit.emit(
        Analysed(
            call=analysis.call,
            text=analysis.text,
            right=[row.row for row in rows if row.mark == "right"],
            wrong=[row.row for row in rows if row.mark != "right"],
            cited=list(analysis.cited),
        )
    )
    document = {**analysis.to_json(), "rows": [row.to_json() for row in rows]}
    bench.dir.write_round(visit.hop.round, "analysis.json", [document])
    return {"analysis": visit.put([analysis])}


async def class_report(visit: Visit, feedback: Sequence[Marked]) -> dict[str, float]:
    """F1 by class: on dev where the task has one, else on the feedback rows; test is never asked.

    The control with shuffled marks gets the report of what it is shown, or dev would tell it.
    """
    bench = visit.bench
    rows = [Example(row.row, row.text, row.label) for row in feedback]
    predicted = [row.predicted for row in feedback]
    if bench.task.dev and bench.config.method != "evokd_shuffled":
        rows = known_rows(bench.task.dev, visit.form)
        verdicts = await bench.keeper.predict([row.text for row in rows], visit.hop.round - 1)
        predicted = [verdict.label for verdict in verdicts]
    lines = visit.form.report(rows, predicted)
    return {name: line.f1 for name, line in lines.items()}


def draw(visit: Visit) -> random.Random:
    """A generator of its own for every node and round: the same in a resumed run."""
    return random.Random(f"{visit.bench.config.seed}/{visit.hop.round}/{visit.hop.target}")
