"""Reasoning distillation's state machine (Yan et al. 2026), as the README draws it.

    START → teacher_reasoner → quality_filter → student_scorer → selector → trainer → evaluator
                  ↑                   ↑                                        │           ↓
                  │                   └── finisher ← student_writer ←──────────┤          END
                  └────────────── stage 2, at a higher temperature ────────────┘

The trainer teaches one lesson a visit: the stages, then the students they are compared with. The
evaluator examines one student a visit, when all are taught.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from langgraph.graph import END, START, StateGraph

from evokd.dasd.lessons import arms
from graph.bench import Bench
from graph.classroom import Classroom
from graph.course import Course
from graph.dasd_state import DasdState
from graph.nodes.dasd_evaluator import evaluator
from graph.nodes.dasd_selector import selector
from graph.nodes.dasd_trainer import trainer
from graph.nodes.finisher import finisher
from graph.nodes.quality_filter import quality_filter
from graph.nodes.student_scorer import student_scorer
from graph.nodes.student_writer import student_writer, to_finisher
from graph.nodes.teacher_reasoner import teacher_reasoner, to_reasoner
from graph.seat import Work, seat


def wire_dasd(bench: Bench, known: dict[str, frozenset[str]]) -> Any:
    """The uncompiled graph; `known` is for the seats, see `graph.build`."""
    config = bench.config.dasd
    graph = StateGraph(DasdState)

    def add(name: str, work: Work) -> None:
        graph.add_node(name, seat(name, work, known, bench))

    add("teacher_reasoner", teacher_reasoner)
    add("quality_filter", quality_filter)
    add("student_scorer", student_scorer)
    add("selector", selector)
    add("trainer", trainer)
    add("evaluator", evaluator)
    graph.add_conditional_edges(
        START, to_reasoner("START", lambda: _course(bench)), ["teacher_reasoner"]
    )
    graph.add_edge("teacher_reasoner", "quality_filter")
    graph.add_edge("quality_filter", "student_scorer")
    graph.add_edge("student_scorer", "selector")
    graph.add_edge("selector", "trainer")

    again = to_reasoner("trainer", lambda: _course(bench))
    targets: dict[Hashable, str] = {"next lesson": "trainer", "all taught": "evaluator"}
    if config.stage2 is not None and config.adapter is None:
        targets["stage 2"] = "teacher_reasoner"
    if config.mixed is not None:
        targets["mixed policy"] = "student_writer"
        add("student_writer", student_writer)
        add("finisher", finisher)
        count = to_finisher(lambda ref: len(bench.artefacts.get(ref)))
        graph.add_conditional_edges("student_writer", count, ["finisher"])
        graph.add_edge("finisher", "quality_filter")

    def onwards(state: DasdState) -> Any:
        way = state.get("way", "taught")
        if way == "stage2":
            return again(state)
        return {"mixed": "mixed policy", "lesson": "next lesson", "taught": "all taught"}[way]

    def examined(state: DasdState) -> str:
        room = _room(bench)
        left = len(arms(config, room.after(state))) - len(state.get("answered", []))
        return "next student" if left > 0 else "all examined"

    graph.add_conditional_edges("trainer", onwards, targets)
    ways: dict[Hashable, str] = {"next student": "evaluator", "all examined": END}
    graph.add_conditional_edges("evaluator", examined, ways)
    return graph


def _room(bench: Bench) -> Classroom:
    assert bench.classroom is not None
    return bench.classroom


def _course(bench: Bench) -> Course:
    return _room(bench).course
