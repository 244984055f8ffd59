"""translator: one slice of a writer's drafts, into the language of the task."""

from __future__ import annotations

from typing import Any, TypedDict

from agents.records import Draft
from agents.translator import translate
from graph.nodes.writer import announce
from graph.state import Ref
from graph.visit import Visit


class TranslateTask(TypedDict):
    """Payload of a Send: which drafts."""

    source: str
    round: int
    drafts: Ref
    start: int
    end: int


async def translator(state: TranslateTask, visit: Visit) -> dict[str, Any]:
    """Translate a slice; the edge behind it hands out what stands in `translated`."""
    bench = visit.bench
    drafts = visit.read_part(state["drafts"], Draft, state["start"], state["end"])
    result = await translate(visit.desk("translator"), bench.pack, visit.brief, drafts)
    announce(visit, [draft for draft in result.drafts if draft.fault is None])
    ref = visit.put(result.drafts)
    return {
        "drafts": {f"{state['source']} {state['start']}": ref},
        "translated": [ref],
        **visit.stop(result.stopped),
    }
