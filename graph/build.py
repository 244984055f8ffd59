"""The state machine, line for line as the README draws it. `evokd graph CONFIG.yaml` prints it.

    START → warm_up → analyst ─┬→ easy_generator ─┐
                        ↑      └→ hard_generator ─┴→ labeler → ballot → critic → evaluator ┐
                        └──────────────── go on ──────────────── trainer ← review ←────────┘

Each switch takes a node or an edge out of the graph, so an ablation is visible in its drawing.
EvoKD's controls are the same graph but for the way back, whose name says what it carries: shuffled
marks, another run's, the highest losses, or nothing. In `planted` a node that knows a weakness
stands in the analyst's place, in `evokd_oracle` a student that knows all labels in the labeler's.
EvoKD + Init begins with AugGPT's paraphrases, `overgenerate` has a selector behind the critic, with
`loop.written_in` a translator stands between writers and labeler, with `loop.human` a person
before the evaluator, with `loop.keep` a keeper behind it, who lets some of the rows go, and with
`student.noise` an auditor of labels before the trainer. With
`loop.pool_share` or `loop.rewrite` a retriever begins the round: texts of the pool go from it to
the labeler, or wait for the writers. Rivals have graphs of their own, `graph/methods/rival.py`, and
so has reasoning distillation, `graph/dasd/build.py`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import Any, Literal, Protocol

from evokd.config import Role
from graph.core.graph_builder import END, START, GraphBuilder
from graph.core.method import Method
from graph.core.pool_share import RETRIEVER
from graph.core.routes import STOP, after_critic, always, fan_out, go_on, to_translator
from graph.core.rows import usable
from graph.core.run_context import RunContext
from graph.core.state import LoopState
from graph.nodes.generator import generator

Seat = Literal["labeler", "oracle"]
"""Who labels the texts."""
WHOLE = 1_000_000
"""Drafts of a slice, where one node takes them all."""


class Loop(Protocol):
    """What the picture depends on, besides the switches: see `graph.methods.evokd.EvoKDLoop`."""

    @property
    def paraphrases(self) -> bool: ...
    @property
    def selects(self) -> bool: ...
    @property
    def closing(self) -> Sequence[str]: ...
    @property
    def briefs(self) -> str | None: ...
    @property
    def seat(self) -> Seat: ...
    @property
    def writers(self) -> tuple[Role, ...]: ...
    def handed_on(self, fed: str) -> str: ...


def build(run: RunContext, method: Method, checkpointer: Any = None) -> Any:
    """Compile the graph of a method.

    Args:
        run: the run's live services, closed over by the nodes.
        method: of the run.
        checkpointer: where LangGraph keeps the state; None to draw, or under `langgraph dev`.
    """
    return method.wire(run).compile(checkpointer)


def wire_evokd(run: RunContext, method: Loop) -> GraphBuilder:
    """The graph of EvoKD and its controls, not yet compiled."""
    on = run.config.loop.switches
    graph = GraphBuilder(run, LoopState, method=method)
    loop = ways_back(run, method)
    into = [str(way) for way in loop if way != STOP]
    told = [method.briefs] if method.briefs else list(method.writers)

    begin(graph, method)
    graph.node("warm_up")
    graph.branch("warm_up", go_on(into), loop)

    if pooled(run):
        graph.node(RETRIEVER)
        graph.branch(RETRIEVER, always(told), [*told, *[method.seat] * labels_pool(run)])
    if method.briefs:
        graph.node(method.briefs)
    for writer in method.writers:
        graph.node(writer, generator)
        if method.briefs:
            graph.edge(method.briefs, writer)
    for voter in to_the_vote(graph, method):
        graph.edge(voter, "ballot")

    graph.node("ballot")
    closing = method.closing
    judged = "selector" if method.selects else closing[0]
    if on.critic:
        graph.node("critic")
        graph.edge("ballot", "critic")
        again = list(method.writers) * (run.config.loop.critic_retries > 0)
        graph.branch("critic", after_critic(judged), [judged, *again])
    else:
        graph.edge("ballot", judged)
    if method.selects:
        graph.node("selector")
        graph.edge("selector", closing[0])

    for name in closing:
        graph.node(name)
    for giver, taker in pairwise(closing):
        graph.edge(giver, taker)
    graph.branch("trainer", go_on(into), loop)
    return graph


def pooled(run: RunContext) -> bool:
    """Whether texts of the pool are taken in each round, to be labelled or to be rewritten."""
    return run.config.loop.pool_share > 0 or run.config.loop.rewrite > 0


def labels_pool(run: RunContext) -> bool:
    """Whether some go to the labeler as they are."""
    return run.config.loop.pool_share > 0


def begin(graph: GraphBuilder, method: Loop) -> None:
    """What comes before the warm-up: for EvoKD + Init, AugGPT's paraphrases."""
    if not method.paraphrases:
        graph.edge(START, "warm_up")
        return
    graph.node("paraphraser")
    graph.edge(START, "paraphraser")
    graph.edge("paraphraser", "warm_up")


def to_the_vote(graph: GraphBuilder, method: Loop) -> list[str]:
    """Translator and labeler between writers and ballot; gives those that stand before it."""
    voting, loop = list(method.writers), graph.run.config.loop
    if loop.written_in:
        graph.node("translator")
        hand_to_translator(graph, voting)
        voting = ["translator"]
    if loop.switches.separate_labels:
        graph.node(method.seat)
        hand_out(graph, voting, method.seat)
        voting = [method.seat]
    return voting


def hand_out(graph: GraphBuilder, writers: Sequence[str], seat: Seat) -> None:
    """Drafts of each go to labelers in slices, one Send a voter and slice; whole to an oracle."""
    run = graph.run
    voters, size = 1, WHOLE
    if seat == "labeler":
        voters = len(run.pool.of("labeler"))
        size = run.pack.manifest.labeler.texts_per_call
    for writer in writers:
        waiting = [RETRIEVER] * (labels_pool(run) and writer == writers[-1])
        route = fan_out(
            writer, lambda ref: usable(run.artefacts.get(ref)), voters, size, seat, waiting
        )
        graph.branch(writer, route, [seat])


def hand_to_translator(graph: GraphBuilder, writers: Sequence[str]) -> None:
    """Each writer's drafts go to the translator in slices, one Send a slice."""
    run = graph.run
    style = run.pack.manifest.translator
    size = style.texts_per_call if style else 1
    for writer in writers:
        route = to_translator(writer, lambda ref: len(run.artefacts.get(ref)), size)
        graph.branch(writer, route, ["translator"])


def ways_back(run: RunContext, method: Loop) -> dict[Hashable, str]:
    """Names of the ways out of warm-up and trainer, and where each leads.

    What is handed over stands on the edge, so that a switch or a control shows in the drawing.
    """
    ways: dict[Hashable, str] = {STOP: END}
    fed = method.handed_on(_fed_back(run))
    if pooled(run):
        return ways | {fed: RETRIEVER}
    if method.briefs:
        return ways | {fed: method.briefs}
    return ways | {f"{fed}: {name}": name for name in method.writers}


def _fed_back(run: RunContext) -> str:
    """The channels of feedback that are on, in words."""
    loop = run.config.loop
    channels, both = loop.feedback, "right and wrong" if loop.switches.correct else "wrong only"
    named = {
        both: channels.rows,
        "F1 by class": channels.report,
        "confusions": channels.confusions,
        "confusions in words": channels.analysis == "rules",
        "weak classes": channels.allocation == "weak",
    }
    on = [name for name, given in named.items() if given]
    return ", ".join(on) or "nothing"
