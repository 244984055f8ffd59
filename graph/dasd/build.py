"""Reasoning distillation's state machine (Yan et al. 2026), as the README draws it.

    START → teacher_reasoner → quality_filter → student_scorer → selector → trainer → evaluator
                  ↑                   ↑                                        │           ↓
                  │                   └── finisher ← student_writer ←──────────┤          END
                  └────────────── stage 2, at a higher temperature ────────────┘

The trainer teaches one lesson each time it runs: the stages, then the students they are compared
with. The evaluator examines one student at a time, when all are taught.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from evokd.dasd.lessons import arms
from graph.core.graph_builder import END, START, GraphBuilder
from graph.core.run_context import RunContext
from graph.dasd.nodes.evaluator import evaluator
from graph.dasd.nodes.finisher import finisher
from graph.dasd.nodes.quality_filter import quality_filter
from graph.dasd.nodes.selector import selector
from graph.dasd.nodes.student_scorer import student_scorer
from graph.dasd.nodes.student_writer import student_writer, to_finisher
from graph.dasd.nodes.teacher_reasoner import teacher_reasoner, to_reasoner
from graph.dasd.nodes.trainer import trainer
from graph.dasd.services import DasdServices
from graph.dasd.state import DasdState


def wire_dasd(run: RunContext, services: DasdServices) -> GraphBuilder:
    """The graph, not yet compiled."""
    settings = services.settings
    graph = GraphBuilder(run, DasdState, services=services)

    graph.node("teacher_reasoner", teacher_reasoner)
    graph.node("quality_filter", quality_filter)
    graph.node("student_scorer", student_scorer)
    graph.node("selector", selector)
    graph.node("trainer", trainer)
    graph.node("evaluator", evaluator)
    graph.branch(START, to_reasoner("START", services), ["teacher_reasoner"])
    graph.edge("teacher_reasoner", "quality_filter")
    graph.edge("quality_filter", "student_scorer")
    graph.edge("student_scorer", "selector")
    graph.edge("selector", "trainer")

    again = to_reasoner("trainer", services)
    targets: dict[Hashable, str] = {"next lesson": "trainer", "all taught": "evaluator"}
    if settings.stage2 is not None and settings.adapter is None:
        targets["stage 2"] = "teacher_reasoner"
    if settings.mixed is not None:
        targets["mixed policy"] = "student_writer"
        graph.node("student_writer", student_writer)
        graph.node("finisher", finisher)
        count = to_finisher(lambda ref: len(run.artefacts.get(ref)))
        graph.branch("student_writer", count, ["finisher"])
        graph.edge("finisher", "quality_filter")

    def onwards(state: DasdState) -> Any:
        way = state.get("way", "taught")
        if way == "stage2":
            return again(state)
        return {"mixed": "mixed policy", "lesson": "next lesson", "taught": "all taught"}[way]

    def examined(state: DasdState) -> str:
        left = len(arms(settings, services.after(state))) - len(state.get("answered", []))
        return "next student" if left > 0 else "all examined"

    graph.branch("trainer", onwards, targets)
    ways: dict[Hashable, str] = {"next student": "evaluator", "all examined": END}
    graph.branch("evaluator", examined, ways)
    return graph
