"""The rivals' state machines: no analyst, no labeler, the same warm-up, trainer and books.

    START → warm_up → writer → ballot → evaluator → review → trainer ─┐      zerogen
                        ↑                                go on        │
                        └─────────────────────────────────────────────┘

    sungen   … review → weigher → trainer …          weights of the rows
    progen   trainer → influence → writer            the rows that helped are shown
    llm2llm  warm_up, trainer → examiner → writer    the seed rows that were wrong
    auggpt   warm_up → paraphraser → … → trainer → END
    eda      warm_up → augmenter → … → trainer → END
    no_aug, full_shot   START → warm_up → END

What each does is in `evokd/baselines`, one module a method.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise
from typing import Any

from langgraph.graph import END, START, StateGraph

from evokd.baselines.plans import PLANS
from graph.bench import Bench
from graph.nodes.augmenter import augmenter
from graph.nodes.ballot import ballot
from graph.nodes.evaluator import evaluator
from graph.nodes.examiner import examiner
from graph.nodes.influence import influence
from graph.nodes.paraphraser import paraphraser
from graph.nodes.review import review
from graph.nodes.trainer import trainer
from graph.nodes.warm_up import warm_up
from graph.nodes.weigher import weigher
from graph.nodes.writer import writer
from graph.routes import STOP, go_on
from graph.seat import Work, seat
from graph.state import State

WORK: dict[str, Work] = {
    "augmenter": augmenter,
    "writer": writer,
    "paraphraser": paraphraser,
    "influence": influence,
    "examiner": examiner,
}


def wire_rival(bench: Bench, known: dict[str, frozenset[str]]) -> Any:
    """The uncompiled graph of a rival; `known` is for the seats, see `graph.build`."""
    plan, on = PLANS[bench.config.method], bench.config.loop.switches
    graph = StateGraph(State)

    def add(name: str, work: Work) -> None:
        graph.add_node(name, seat(name, work, known, bench))

    def turn(node: str, target: str) -> None:
        ways: dict[Hashable, str] = {STOP: END, target: target}
        graph.add_conditional_edges(node, go_on([target]), ways)

    add("warm_up", warm_up)
    graph.add_edge(START, "warm_up")
    if plan.source is None:
        graph.add_edge("warm_up", END)
        return graph

    add(plan.source, WORK[plan.source])
    add("ballot", ballot)
    add("evaluator", evaluator)
    add("trainer", trainer)
    first = "examiner" if plan.after == "examiner" else plan.source
    turn("warm_up", first)

    row = [plan.source, "ballot", "evaluator"]
    if on.review:
        add("review", review)
        row.append("review")
    if plan.weighs:
        add("weigher", weigher)
        row.append("weigher")
    row.append("trainer")
    for giver, taker in pairwise(row):
        graph.add_edge(giver, taker)

    if plan.once:
        graph.add_edge("trainer", END)
    elif plan.after is None:
        turn("trainer", plan.source)
    else:
        add(plan.after, WORK[plan.after])
        turn("trainer", plan.after)
        if plan.after == "examiner":
            turn("examiner", plan.source)
        else:
            graph.add_edge(plan.after, plan.source)
    return graph
