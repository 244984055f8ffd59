"""analyst: reads the feedback, writes the weakness analysis."""

from __future__ import annotations

import random
from typing import Any

from agents.analyst import analyse
from agents.records import Analysis, Marked
from evokd.ledger.budget import BudgetReached
from evokd.store.events import Analysed, Warned
from evokd.teacher.faults import Unusable
from graph.feedback import shown
from graph.state import State
from graph.visit import Visit


async def analyst(state: State, visit: Visit) -> dict[str, Any]:
    """One call; a reply that can't be read twice passes the analyst over for the round."""
    bench = visit.bench
    rows = shown(visit.read(state["feedback"], Marked), bench.config.loop, draw(visit))
    try:
        analysis: Analysis = await analyse(visit.desk("analyst"), bench.pack, bench.brief, rows)
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
        )
    )
    document = {**analysis.to_json(), "rows": [row.to_json() for row in rows]}
    bench.dir.write_round(visit.hop.round, "analysis.json", [document])
    return {"analysis": visit.put([analysis])}


def draw(visit: Visit) -> random.Random:
    """A generator of its own for every node and round: the same in a resumed run."""
    return random.Random(f"{visit.bench.config.seed}/{visit.hop.round}/{visit.hop.target}")
