"""easy_generator and hard_generator: write texts only."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from agents.gather_usable import NOT_ASKED
from agents.generator import GenerateRequest, write
from agents.records import Draft, DraftKind, Passage, Verdict
from agents.rewriting import rewrite
from evokd.store.events import Warned
from graph.core.channels import feedback_for
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.round_budget import (
    affordable_texts,
    set_votes_aside,
    texts_of_a_round,
    texts_to_write,
)
from graph.core.rows import JudgedRow, deliver
from graph.core.state import LoopState


async def generator(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Write the round's texts, or new ones for those that the critic sent back."""
    run, name = node.run, node.edge.target
    wanted = _wanted(state, node, method)
    view = node.view.listing(state.get("classes") or ())
    passages = _passages(state, node)
    plain = wanted
    if "texts" in state and not state.get("wave"):  # the classes' turn goes on from what it writes
        texts = wanted.texts - len(passages)
        plain = replace(wanted, texts=texts, before=(node.edge.round - 1) * texts)
    client = node.client(wanted.role)
    calls = [write(client, run.pack, view, plain)]
    if passages:
        calls.append(rewrite(client, run.pack, view, wanted, passages))
    written = await asyncio.gather(*calls)
    for failure in (failure for one in written for failure in one.failures):
        if failure != NOT_ASKED:
            node.emit(Warned(text=f"a call gave no text: {failure}"))
    delivered = deliver(node, [draft for one in written for draft in one.drafts])
    kept = "written" if run.config.loop.written_in else "drafts"
    stopped = next((one.stopped for one in written if one.stopped), None)
    return {kept: {name: delivered}, **node.stop(stopped)}


def _passages(state: LoopState, node: NodeContext) -> list[Passage]:
    """What it is to say anew; what the critic sends back is written without a passage."""
    ref = state.get("passages", {}).get(node.edge.target)
    return node.read(ref, Passage) if ref and not state.get("wave") else []


def _wanted(state: LoopState, node: NodeContext, method: LoopMethod) -> GenerateRequest:
    loop, name = node.run.config.loop, node.edge.target
    kind = cast(DraftKind, name.removesuffix("_generator"))
    usual = texts_of_a_round(loop)[name]
    rejected: tuple[tuple[Draft, Verdict], ...] = ()
    sent_back = state.get("sent_back", {}).get(name)
    if state.get("wave") and sent_back:
        pairs = node.read(sent_back, JudgedRow)
        rejected = tuple((pair.candidate.draft, pair.verdict) for pair in pairs)
        texts = len(rejected)
    else:
        texts = affordable_texts(node, state)[name]
    set_votes_aside(node, state, _of_the_wave(state, node))
    told = feedback_for(state, node, method, texts)
    return GenerateRequest(
        kind=kind,
        round=node.edge.round,
        wave=state.get("wave", 0),
        texts=texts,
        per_turn=min(texts, loop.n_hard if kind == "hard" else loop.n_easy),
        analysis=told.analysis,
        examples=told.examples,
        rejected=rejected,
        with_label=not loop.switches.separate_labels,
        before=(node.edge.round - 1) * usual,
        targets=told.targets,
        confusions=told.confusions,
        levels=half(loop.difficulty, kind),
        most_difficult=loop.difficulty[-1] if loop.difficulty else None,
        completions=loop.completions,
    )


def _of_the_wave(state: LoopState, node: NodeContext) -> int:
    """Texts that are to be labelled now, those of the pool among them."""
    if not state.get("wave"):
        shared_out = state.get("texts")
        return sum(shared_out.values()) if shared_out else texts_to_write(node, state)
    return sum(len(node.run.records(ref, JudgedRow)) for ref in state["sent_back"].values())


def half(levels: Sequence[int] | None, kind: DraftKind) -> tuple[int, ...]:
    """The levels of one writer: easy ones from the lower half; the middle one is in both."""
    found = tuple(levels or ())
    middle = len(found) / 2
    return found[math.floor(middle) :] if kind == "hard" else found[: math.ceil(middle)]
