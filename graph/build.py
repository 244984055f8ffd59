"""The state machine, line for line as the README draws it. `evokd graph CONFIG.yaml` prints it.

    START → warm_up → analyst ─┬→ easy_generator ─┐
                        ↑      └→ hard_generator ─┴→ labeler → ballot → critic → evaluator ┐
                        └──────────────── go on ──────────────── trainer ← review ←────────┘

Each switch takes a node or an edge out of the graph, so an ablation is visible in its drawing.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from langgraph.graph import END, START, StateGraph

from graph.bench import Bench
from graph.nodes.analyst import analyst
from graph.nodes.ballot import ballot
from graph.nodes.critic import critic
from graph.nodes.evaluator import evaluator
from graph.nodes.generator import generator
from graph.nodes.labeler import labeler
from graph.nodes.review import review
from graph.nodes.trainer import trainer
from graph.nodes.warm_up import warm_up
from graph.routes import STOP, after_critic, fan_out, go_on
from graph.seat import Work, seat
from graph.state import State
from graph.wiring import drawn_edges, givers


def build(bench: Bench, checkpointer: Any = None) -> Any:
    """Compile the loop of a config.

    Args:
        bench: the run's live services, closed over by the nodes.
        checkpointer: where LangGraph keeps the state; None to draw, or under `langgraph dev`.
    """
    on = bench.config.loop.switches
    writers = ["easy_generator", "hard_generator"] if on.easy else ["hard_generator"]
    # named edges: what is handed over stands on the edge where a switch changes it
    fed = "right and wrong" if on.correct else "wrong only"
    loop: dict[Hashable, str] = {STOP: END}
    loop |= {fed: "analyst"} if on.analysis else {f"{fed}: {w}": w for w in writers}
    into = [str(name) for name in loop if name != STOP]

    graph = StateGraph(State)
    known: dict[str, frozenset[str]] = {}

    def add(name: str, work: Work) -> None:
        graph.add_node(name, seat(name, work, known, bench))

    add("warm_up", warm_up)
    graph.add_edge(START, "warm_up")
    graph.add_conditional_edges("warm_up", go_on(into), loop)

    if on.analysis:
        add("analyst", analyst)
        for writer in writers:
            graph.add_edge("analyst", writer)

    for writer in writers:
        add(writer, generator)
    if on.separate_labels:
        add("labeler", labeler)
        voters = len(bench.pool.of("labeler"))
        size = bench.pack.manifest.labeler.texts_per_call
        for writer in writers:
            route = fan_out(writer, lambda ref: len(bench.artefacts.get(ref)), voters, size)
            graph.add_conditional_edges(writer, route, ["labeler"])
        graph.add_edge("labeler", "ballot")
    else:
        for writer in writers:
            graph.add_edge(writer, "ballot")

    add("ballot", ballot)
    if on.critic:
        add("critic", critic)
        graph.add_edge("ballot", "critic")
        retries = bench.config.loop.critic_retries > 0
        graph.add_conditional_edges(
            "critic", after_critic, ["evaluator", *(writers if retries else [])]
        )
    else:
        graph.add_edge("ballot", "evaluator")

    add("evaluator", evaluator)
    if on.review:
        add("review", review)
        graph.add_edge("evaluator", "review")
        graph.add_edge("review", "trainer")
    else:
        graph.add_edge("evaluator", "trainer")
    add("trainer", trainer)
    graph.add_conditional_edges("trainer", go_on(into), loop)

    compiled = graph.compile(checkpointer=checkpointer)
    known.update(givers(drawn_edges(compiled)))
    return compiled
