"""writer: a rival's seat. What it is asked to write is the method's own affair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.records import Draft, Marked
from agents.texts import Written
from agents.writer import Commission, WritingRole, compose
from evokd.baselines import llm2llm, progen, zerogen
from evokd.store.events import Drafted, Warned
from evokd.tasks.example import Example
from graph.nodes.analyst import draw
from graph.pace import affordable_turns, texts_per_turn
from graph.state import State
from graph.visit import Visit


async def writer(state: State, visit: Visit) -> dict[str, Any]:
    """Texts for a class (ZeroGen, SunGen, ProGen), or like the seed rows that were wrong."""
    return await write_for(visit, "writer", _commissions(state, visit))


async def write_for(
    visit: Visit, role: WritingRole, commissions: Sequence[Commission]
) -> dict[str, Any]:
    """Carry the calls out and hand the drafts on."""
    bench, name = visit.bench, visit.hop.target
    written: Written = await compose(
        visit.desk(role), bench.pack, visit.brief, role, visit.hop.round, commissions
    )
    announce(visit, written.drafts)
    for failure in written.failures:
        visit.emit(Warned(text=f"a call gave no text: {failure}"))
    return {"drafts": {name: visit.put(written.drafts)}, **visit.stop(written.stopped)}


def announce(visit: Visit, drafts: Sequence[Draft]) -> None:
    """A trace event for each text."""
    for draft in drafts:
        visit.emit(
            Drafted(
                row=draft.row,
                call=draft.translation or draft.call,
                text=draft.text,
                kind=draft.kind,
                intended_label=draft.intended_label,
                parents=list(draft.parents),
                rewrites=list(draft.rewrites),
                original=draft.original,
                written_by=draft.call if draft.translation else None,
            )
        )


def _commissions(state: State, visit: Visit) -> list[Commission]:
    bench, config = visit.bench, visit.bench.config
    per_call = bench.pack.manifest.generator.texts_per_call or config.loop.n_hard
    if config.method == "llm2llm":
        rows = visit.read(state["feedback"], Marked)
        wrong = [Example(row.row, row.text, row.label) for row in rows if row.mark == "wrong"]
        count = config.rivals.llm2llm.rows_per_error
        return llm2llm.commissions(wrong, rows=count, per_call=per_call)
    orders = zerogen.commissions(
        visit.brief.ordered,
        texts=max(1, affordable_turns(visit)) * texts_per_turn(config.loop),
        per_call=per_call,
        round_number=visit.hop.round,
    )
    helpful = state.get("helpful")
    if helpful is None:
        return orders
    settings = config.rivals.progen
    return progen.with_examples(
        orders,
        visit.read(helpful, Example),
        shown=settings.shown,
        share=settings.share,
        rng=draw(visit),
    )
