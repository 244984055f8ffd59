"""easy_generator and hard_generator: write texts only."""

from __future__ import annotations

from typing import Any, cast

from agents.generator import Order, write
from agents.records import Analysis, Candidate, Draft, Kind, Marked, Verdict
from evokd.baselines.plans import UNGUIDED
from evokd.store.events import Warned
from graph.feedback import shown
from graph.nodes.analyst import draw
from graph.nodes.writer import announce
from graph.pace import affordable_turns
from graph.state import State
from graph.visit import Visit


async def generator(state: State, visit: Visit) -> dict[str, Any]:
    """Write the round's texts, or new ones for those that the critic sent back."""
    bench, name = visit.bench, visit.hop.target
    order = _order(state, visit)
    brief = visit.brief.listing(state.get("classes") or ())
    written = await write(visit.desk(order.role), bench.pack, brief, order)
    announce(visit, written.drafts)
    for failure in written.failures:
        visit.emit(Warned(text=f"a call gave no text: {failure}"))
    kept = "written" if bench.config.loop.written_in else "drafts"
    return {kept: {name: visit.put(written.drafts)}, **visit.stop(written.stopped)}


def _order(state: State, visit: Visit) -> Order:
    loop = visit.bench.config.loop
    kind = cast(Kind, visit.hop.target.removesuffix("_generator"))
    per_turn = loop.n_hard if kind == "hard" else loop.n_easy
    turns = max(1, affordable_turns(visit))
    analysis = state.get("analysis")
    examples: list[Marked] = []
    unguided = visit.bench.config.method in UNGUIDED
    if not loop.switches.analysis and not unguided:  # raw errors instead of the analyst's words
        rows = shown(visit.read(state["feedback"], Marked), loop, draw(visit))
        examples = [row for row in rows if row.mark != "right"]
    rejected: tuple[tuple[Draft, Verdict], ...] = ()
    sent_back = state.get("sent_back", {}).get(visit.hop.target)
    if state.get("wave") and sent_back:
        pairs = visit.read(sent_back, SentBack)
        rejected = tuple((pair.candidate.draft, pair.verdict) for pair in pairs)
        turns = -(-len(rejected) // per_turn)
        per_turn = min(per_turn, len(rejected))
    return Order(
        kind=kind,
        round=visit.hop.round,
        wave=state.get("wave", 0),
        turns=turns,
        per_turn=per_turn,
        analysis=visit.read(analysis, Analysis)[0] if analysis else None,
        examples=tuple(examples),
        rejected=rejected,
        with_label=not loop.switches.separate_labels,
    )


class SentBack:
    """A row on its way back to its writer."""

    def __init__(self, candidate: Candidate, verdict: Verdict) -> None:
        self.candidate, self.verdict = candidate, verdict

    def to_json(self) -> dict[str, Any]:
        return {"candidate": self.candidate.to_json(), "verdict": self.verdict.to_json()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> SentBack:
        """The inverse of `to_json`."""
        return cls(Candidate.from_json(data["candidate"]), Verdict.from_json(data["verdict"]))
