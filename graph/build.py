"""The state machine, line for line as the README draws it. `evokd graph CONFIG.yaml` prints it.

    START → warm_up → analyst ─┬→ easy_generator ─┐
                        ↑      └→ hard_generator ─┴→ labeler → ballot → critic → evaluator ┐
                        └──────────────── go on ──────────────── trainer ← review ←────────┘

Each switch takes a node or an edge out of the graph, so an ablation is visible in its drawing.
EvoKD's controls are the same graph but for the way back: `static` and `loss_ranked` hand nothing
to the writers, `evokd_shuffled` hands shuffled marks to the analyst, `evokd_init` begins with
AugGPT's paraphrases. With `loop.written_in` a translator stands between writers and labeler.
Rivals have graphs of their own: `graph/rivals.py`, and so has reasoning distillation:
`graph/dasd.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from langgraph.graph import END, START, StateGraph

from evokd.baselines.plans import PLANS, UNGUIDED
from evokd.config import REASONING, Config, Method
from graph.bench import Bench
from graph.dasd import wire_dasd
from graph.nodes.analyst import analyst
from graph.nodes.ballot import ballot
from graph.nodes.critic import critic
from graph.nodes.evaluator import evaluator
from graph.nodes.generator import generator
from graph.nodes.labeler import labeler
from graph.nodes.paraphraser import paraphraser
from graph.nodes.review import review
from graph.nodes.selector import selector
from graph.nodes.trainer import trainer
from graph.nodes.translator import translator
from graph.nodes.warm_up import warm_up
from graph.rivals import wire_rival
from graph.routes import STOP, after_critic, fan_out, go_on, to_translator
from graph.seat import Work, seat
from graph.state import State
from graph.wiring import drawn_edges, givers


def build(bench: Bench, checkpointer: Any = None) -> Any:
    """Compile the loop of a config.

    Args:
        bench: the run's live services, closed over by the nodes.
        checkpointer: where LangGraph keeps the state; None to draw, or under `langgraph dev`.
    """
    known: dict[str, frozenset[str]] = {}
    method = bench.config.method
    wire = wire_rival if method in PLANS else wire_dasd if method == REASONING else wire_evokd
    graph = wire(bench, known)
    compiled = graph.compile(checkpointer=checkpointer)
    known.update(givers(drawn_edges(compiled)))
    return compiled


def wire_evokd(bench: Bench, known: dict[str, frozenset[str]]) -> Any:
    """The uncompiled graph of EvoKD and its controls.

    Args:
        bench: as for `build`.
        known: for the seats: node → its givers, filled once the graph is compiled.
    """
    method, on = bench.config.method, bench.config.loop.switches
    analysis = on.analysis and method not in UNGUIDED
    writers = ["easy_generator"] * on.easy + ["hard_generator"]
    loop = ways_back(bench.config, ["analyst"] if analysis else writers)
    into = [str(name) for name in loop if name != STOP]

    graph = StateGraph(State)

    def add(name: str, work: Work) -> None:
        graph.add_node(name, seat(name, work, known, bench))

    add("warm_up", warm_up)
    graph.add_edge(begin(graph, add, method), "warm_up")
    graph.add_conditional_edges("warm_up", go_on(into), loop)

    if analysis:
        add("analyst", analyst)
    for writer in writers:
        add(writer, generator)
        if analysis:
            graph.add_edge("analyst", writer)
    for voter in to_the_vote(graph, bench, add, writers):
        graph.add_edge(voter, "ballot")

    add("ballot", ballot)
    judged = "evaluator"
    if method == "loss_ranked":
        judged = "selector"
        add("selector", selector)
        graph.add_edge("selector", "evaluator")
    if on.critic:
        add("critic", critic)
        graph.add_edge("ballot", "critic")
        again = writers * (bench.config.loop.critic_retries > 0)
        graph.add_conditional_edges("critic", after_critic(judged), [judged, *again])
    else:
        graph.add_edge("ballot", judged)

    add("evaluator", evaluator)
    fed = "evaluator"
    if on.review:
        fed = "review"
        add("review", review)
        graph.add_edge("evaluator", "review")
    add("trainer", trainer)
    graph.add_edge(fed, "trainer")
    graph.add_conditional_edges("trainer", go_on(into), loop)
    return graph


def begin(graph: Any, add: Callable[[str, Work], None], method: Method) -> str:
    """What comes before the warm-up: for EvoKD + Init, AugGPT's paraphrases."""
    if method != "evokd_init":
        return START
    add("paraphraser", paraphraser)
    graph.add_edge(START, "paraphraser")
    return "paraphraser"


def to_the_vote(
    graph: Any, bench: Bench, add: Callable[[str, Work], None], writers: Sequence[str]
) -> list[str]:
    """Translator and labeler between writers and ballot; gives those that stand before it."""
    voting = list(writers)
    if bench.config.loop.written_in:
        add("translator", translator)
        hand_to_translator(graph, bench, voting)
        voting = ["translator"]
    if bench.config.loop.switches.separate_labels:
        add("labeler", labeler)
        hand_out(graph, bench, voting)
        voting = ["labeler"]
    return voting


def hand_out(graph: Any, bench: Bench, writers: Sequence[str]) -> None:
    """Drafts of each go to the labelers in slices, one Send a voter and slice."""
    voters = len(bench.pool.of("labeler"))
    size = bench.pack.manifest.labeler.texts_per_call
    for writer in writers:
        route = fan_out(writer, lambda ref: len(bench.artefacts.get(ref)), voters, size)
        graph.add_conditional_edges(writer, route, ["labeler"])


def hand_to_translator(graph: Any, bench: Bench, writers: Sequence[str]) -> None:
    """Each writer's drafts go to the translator in slices, one Send a slice."""
    style = bench.pack.manifest.translator
    size = style.texts_per_call if style else 1
    for writer in writers:
        route = to_translator(writer, lambda ref: len(bench.artefacts.get(ref)), size)
        graph.add_conditional_edges(writer, route, ["translator"])


def ways_back(config: Config, readers: Sequence[str]) -> dict[Hashable, str]:
    """Names of the ways out of warm-up and trainer, and where each leads.

    What is handed over stands on the edge, so that a switch or a control shows in the drawing.
    """
    ways: dict[Hashable, str] = {STOP: END}
    fed = "right and wrong" if config.loop.switches.correct else "wrong only"
    if config.method in UNGUIDED:
        fed = "nothing"
    elif config.method == "evokd_shuffled":
        fed = f"{fed}, shuffled"
    if readers == ["analyst"]:
        return ways | {fed: "analyst"}
    return ways | {f"{fed}: {name}": name for name in readers}
