"""critic: accepts, relabels, rejects, or sends back to the generator a row came from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

from agents.critic import criticise
from agents.records import Analysis, Candidate, Verdict
from graph.nodes.ballot import judged
from graph.nodes.generator import SentBack
from graph.state import State
from graph.visit import Visit


async def critic(state: State, visit: Visit) -> dict[str, Any]:
    """Judge the wave's candidates. Its relabel outranks the vote."""
    bench = visit.bench
    candidates = visit.read(state["candidates"], Candidate)
    ref = state.get("analysis")
    analysis = visit.read(ref, Analysis)[0].text if ref else None
    result = await criticise(visit.desk("critic"), bench.pack, visit.brief, candidates, analysis)
    stop = visit.stop(result.stopped)
    wave = state.get("wave", 0)
    may_retry = wave < bench.config.loop.critic_retries and not (stop or state.get("stop"))
    accepted: list[Candidate] = []
    rejected: list[Verdict] = []
    back: dict[str, list[SentBack]] = defaultdict(list)
    for candidate, verdict in zip(candidates, result.verdicts, strict=True):
        visit.emit(judged("critic", verdict))
        if verdict.action in ("accept", "relabel"):
            assert verdict.label is not None
            accepted.append(replace(candidate, label=verdict.label))
            continue
        rejected.append(verdict)  # of a row sent back too: its rewriting is a row of its own
        if verdict.action == "retry" and may_retry:
            back[f"{candidate.draft.kind}_generator"].append(SentBack(candidate, verdict))
    return {
        "accepted": [*state.get("accepted", []), visit.put(accepted)],
        "rejected": [*state.get("rejected", []), visit.put(rejected)],
        "sent_back": {name: visit.put(rows) for name, rows in back.items()},
        "wave": wave + bool(back),
        **stop,
    }
