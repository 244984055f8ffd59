"""teacher_reasoner: a slice of a stage's questions, each answered with its reasoning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from langgraph.types import Send

from agents.decoding.paths import choose, choose_majority, read_path
from agents.reasoning.decoder import DecodedPaths, decode, path_plan
from agents.reasoning.reasoner import Question, TeacherResponse, reason
from evokd.config import PathsConfig, Role
from evokd.dasd.rows import ResponseRow, response_of, with_tokens
from evokd.ledger.budget import BudgetReached
from evokd.store.artefacts import Ref
from evokd.store.events import Drafted, Seeded, Warned
from evokd.teacher.reply import Reply
from evokd.teacher.tokens import count
from graph.core.decoding import continuation_of
from graph.core.node_context import NodeContext
from graph.dasd.curriculum import STAGE_OF
from graph.dasd.services import DasdServices
from graph.dasd.state import DasdState

MOST_TASKS = 64
"""Sends of a stage: a killed process repeats at most the calls in flight in any case."""
DECODED = "CoT-decoding"


class ReasonTask(TypedDict):
    """Payload of a Send: which questions."""

    source: str
    round: int
    start: int
    end: int


def to_reasoner(source: str, services: DasdServices) -> Callable[[DasdState], list[Send]]:
    """The questions of the next stage in slices, handed over by `source`."""

    def route(state: DasdState) -> list[Send]:
        curriculum = services.curriculum
        number = state["round"] or curriculum.first_round
        total = len(curriculum.questions[STAGE_OF[number]])
        size = max(1, -(-total // MOST_TASKS))
        return [
            Send(
                "teacher_reasoner",
                ReasonTask(source=source, round=number, start=at, end=min(at + size, total)),
            )
            for at in range(0, total, size)
        ]

    return route


async def teacher_reasoner(
    state: ReasonTask, node: NodeContext, services: DasdServices
) -> dict[str, Any]:
    """Ask, read the answers, and put the teacher's tokens where they belong."""
    curriculum = services.curriculum
    stage = STAGE_OF[state["round"]]
    asked = curriculum.asked(stage, state["start"], state["end"])
    for one in asked:
        node.freight += count(one.text)
        node.emit(Seeded(row=one.id, text=one.text, label=curriculum.by_id[one.id].label))
    decoding = services.settings.cot_decoding
    if decoding is not None:
        rows, stopped = await _decoded(node, services, asked, decoding, tell=state["start"] == 0)
    else:
        rows, stopped = await _sampled(node, services, stage, asked, state["start"])
    # a Send carries its round; the state gets it for the nodes behind
    return {"written": [hand_on(node, rows)], "round": state["round"], **node.stop(stopped)}


async def _sampled(
    node: NodeContext, services: DasdServices, stage: str, asked: Sequence[Question], first: int
) -> tuple[list[ResponseRow], BudgetReached | None]:
    curriculum = services.curriculum
    settings = curriculum.stage(stage)
    found = await reason(
        node.client("teacher_reasoner"),
        curriculum.prompts,
        asked,
        samples=settings.samples,
        temperature=settings.temperature,
        logprobs=services.settings.asks_logprobs,
        first=first,
    )
    return rows_of(node, services, found.given, f"T={settings.temperature:g}"), found.stopped


def hand_on(node: NodeContext, rows: Sequence[ResponseRow]) -> Ref:
    """A trace event for each row; gives their reference."""
    for row in rows:
        node.emit(
            Drafted(
                row=row.id,
                call=row.calls[-1],
                text=row.text,
                kind="plain",
                intended_label=row.answer,
                parents=[row.question],
            )
        )
    return node.put(rows)


def rows_of(
    node: NodeContext, services: DasdServices, given: Sequence[TeacherResponse], written: str
) -> list[ResponseRow]:
    """Rows of the responses that came.

    Args:
        node: The node that asked.
        services: Of the run.
        given: What came.
        written: How, for the stratum; several teachers are never ranked together.
    """
    role: Role = "finisher" if node.edge.target == "finisher" else "teacher_reasoner"
    teachers = node.run.pool.of(role)
    rows = []
    for one in given:
        if one.reply is None or one.call is None:
            node.emit(Warned(text=f"{one.id}: no response: {one.reason}"))
            continue
        who = f", {teachers[one.voter].config.title}" if len(teachers) > 1 else ""
        row = _row(node, services, one.question, one.id, one.reply, f"{written}{who}", (one.call,))
        rows.append(row)
    return rows


def _row(
    node: NodeContext,
    services: DasdServices,
    question: str,
    name: str,
    reply: Reply,
    stratum: str,
    calls: tuple[str, ...],
) -> ResponseRow:
    curriculum = services.curriculum
    asked = curriculum.by_id[question]
    text, tokens = response_of(reply)
    found = curriculum.task_format.found(asked.text, text)
    answer = found.value if found else None
    row = ResponseRow(
        id=f"r{node.edge.round:03d}-{name}",
        question=question,
        stratum=stratum,
        text=text,
        finish_reason=reply.finish_reason,
        answer=answer,
        right=answer is not None and curriculum.task_format.right(answer, asked.label),
        calls=calls,
    )
    return with_tokens(row, tokens)


async def _decoded(
    node: NodeContext,
    services: DasdServices,
    asked: Sequence[Question],
    config: PathsConfig,
    *,
    tell: bool,
) -> tuple[list[ResponseRow], BudgetReached | None]:
    """Of each question the path that CoT-decoding takes."""
    endpoint = node.run.pool.of("teacher_reasoner")[0].config
    continuation = continuation_of(config, endpoint)
    if continuation == "samples" and tell:
        text = f"{endpoint.title} is not known to go on from a beginning: paths are samples"
        node.emit(Warned(text=text))
    plan = path_plan(config.k, continuation, config.temperature)
    found, stopped = await decode(
        node.client("teacher_reasoner"), services.curriculum.prompts, asked, plan
    )
    rows = [row for ways in found if (row := _taken(node, services, ways, config)) is not None]
    return rows, stopped


def _taken(
    node: NodeContext, services: DasdServices, ways: DecodedPaths, config: PathsConfig
) -> ResponseRow | None:
    if not ways.ways:
        node.emit(Warned(text=f"{ways.question}: no path: {ways.reason}"))
        return None
    task_format, asked = (
        services.curriculum.task_format,
        services.curriculum.by_id[ways.question],
    )
    paths = [
        read_path(way.reply.text, way.reply.logprobs, task_format.found(asked.text, way.reply.text))
        for way in ways.ways
    ]
    choice = choose(config.choose, paths) or choose_majority(paths)
    at = choice.path if choice else 0  # no path states an answer: the filter drops it, and counts
    calls = (*(call for call in ways.calls if call != ways.ways[at].call), ways.ways[at].call)
    name, reply = f"{ways.question}-d", ways.ways[at].reply
    return _row(node, services, ways.question, name, reply, DECODED, calls)
