"""critic: accepts, relabels, rejects, or sends back to the generator a row came from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

from agents.critic import criticise
from agents.distribution import moved
from agents.records import Candidate, Verdict
from evokd.tasks.formats import TaskFormat
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.rows import JudgedRow, judged
from graph.core.state import LoopState


async def critic(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Judge the wave's candidates. Its relabel outranks the vote."""
    run = node.run
    candidates = node.read(state["candidates"], Candidate)
    result = await criticise(node.client("critic"), run.pack, node.view, candidates)
    stop = node.stop(result.stopped)
    wave = state.get("wave", 0)
    may_retry = wave < run.config.loop.critic_retries and not (stop or state.get("stop"))
    accepted: list[Candidate] = []
    rejected: list[Verdict] = []
    back: dict[str, list[JudgedRow]] = defaultdict(list)
    seen: list[JudgedRow] = []
    for candidate, given in zip(candidates, result.verdicts, strict=True):
        verdict = given if method.relabels else upheld(given, candidate)
        if verdict.action == "retry" and candidate.draft.kind == "pool":
            reason = f"nobody wrote it, so nobody can write it again: {verdict.reason}"
            verdict = replace(verdict, action="reject", reason=reason)
        node.emit(judged("critic", verdict))
        seen.append(JudgedRow(candidate, verdict))
        if verdict.action in ("accept", "relabel"):
            assert verdict.label is not None
            accepted.append(_relabelled(candidate, verdict.label, node.task_format))
            continue
        rejected.append(verdict)  # of a row sent back too: its rewriting is a row of its own
        if verdict.action == "retry" and may_retry:
            back[f"{candidate.draft.kind}_generator"].append(JudgedRow(candidate, verdict))
    for_person = {"judged": [*state.get("judged", []), node.put(seen)]}
    return {
        **(for_person if run.config.loop.human else {}),
        "accepted": [*state.get("accepted", []), node.put(accepted)],
        "rejected": [*state.get("rejected", []), node.put(rejected)],
        "sent_back": {name: node.put(rows) for name, rows in back.items()},
        "wave": wave + bool(back),
        **stop,
    }


def _relabelled(candidate: Candidate, label: str, task_format: TaskFormat) -> Candidate:
    if label == candidate.label:
        return candidate
    labels, kind = task_format.labels, task_format.kind
    told = moved(candidate.distribution, candidate.label, label, kind, labels)
    return replace(candidate, label=label, distribution=told)


def upheld(verdict: Verdict, candidate: Candidate) -> Verdict:
    """The verdict where the vote's label can't be outranked: relabelling is no more than a yes."""
    if verdict.action != "relabel":
        return verdict
    reason = f"the label stands, {verdict.label} was the critic's: {verdict.reason}"
    return replace(verdict, action="accept", label=candidate.label, reason=reason)
