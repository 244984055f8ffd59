"""ballot: gathers the fan-out; spends nothing, so no node that spends is ever a join."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langgraph.types import Overwrite

from agents.ballot import Known, TwinIndex, count
from agents.records import Candidate, Draft, Verdict, Vote
from evokd.baselines.llm2llm import RougeIndex
from evokd.baselines.plans import PLANS
from evokd.config import Config
from evokd.store.events import Judged
from evokd.tasks.forms.multi import Multi
from evokd.tasks.forms.ner import Ner
from evokd.tasks.forms.pair import SeenPairs
from evokd.tasks.text import Seen
from graph.state import Ref, State
from graph.visit import Visit


async def ballot(state: State, visit: Visit) -> dict[str, Any]:
    """Count votes, drop duplicates and off-limits texts; clear the wave's drafts and votes."""
    bench = visit.bench
    drafts = visit.read_all(list(state.get("drafts", {}).values()), Draft)
    if bench.config.method not in PLANS and bench.config.loop.switches.separate_labels:
        votes = visit.read_all(state.get("votes", []), Vote)
    else:  # the writer's own label is the only vote
        votes = [Vote(d.row, 0, d.intended_label, None, d.call) for d in drafts]
    accepted = visit.read_all(state.get("accepted", []), Candidate)
    result = count(
        drafts,
        votes,
        visit.form.labels,
        known=training_data(tuple(state.get("history", [])), visit),
        also=[(row.draft.text, row.label) for row in accepted],
        off_limits=bench.off_limits,
        calibrate=bench.pack.manifest.labeler.calibrate,
        fault=bench.task.form.fault,
        decide=bench.task.form.majority if isinstance(bench.task.form, Multi | Ner) else None,
    )
    for verdict in result.rejected:
        visit.emit(judged("ballot", verdict))
    return {
        "candidates": visit.put(result.candidates),
        "rejected": [*state.get("rejected", []), visit.put(result.rejected)],
        "all_drafts": [*state.get("all_drafts", []), visit.put(drafts)],
        "drafts": Overwrite({}),
        "votes": Overwrite([]),
    }


def training_data(history: tuple[Ref, ...], visit: Visit) -> Known:
    """The seed shots and the batches of earlier rounds; only those that are new are read."""
    bench = visit.bench
    done, known = bench.indexed or ((), None)
    if known is None or history[: len(done)] != done:  # a fork may have another past
        seeds = [(row.text, row.label) for row in bench.seeds]
        done = ()
        known = Known(seeds, twins(bench.config), contrast=bench.task.form.contrast)
    visit.carry(done)
    for row in visit.read_all(history[len(done) :], Candidate):
        known.add(row.draft.text, row.label)
    bench.indexed = (history, known)
    return known


def twins(config: Config) -> Callable[[], TwinIndex]:
    """What counts as a repetition: a rival's own rule where it has one, else a near-duplicate.

    EDA and AugGPT live on near-duplicates, ZeroGen and its heirs drop equal texts only.
    """
    if config.method == "llm2llm":
        return lambda: RougeIndex(config.rivals.llm2llm.rouge)
    if config.method in PLANS:
        return equal_only
    return SeenPairs if config.task.kind == "pair" else Seen


def equal_only() -> TwinIndex:
    """Finds nothing but equal texts."""
    return Seen(threshold=1.0)


def judged(by: Any, verdict: Verdict) -> Judged:
    """The trace event of a verdict."""
    return Judged(
        row=verdict.row,
        call=verdict.call,
        by=by,
        action=verdict.action,
        label=verdict.label,
        reason=verdict.reason,
    )
