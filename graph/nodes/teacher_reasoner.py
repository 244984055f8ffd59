"""teacher_reasoner: a slice of a stage's questions, each answered with its reasoning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from langgraph.types import Send

from agents.decoder import Settings, Ways, decode
from agents.reasoner import Asked, Response, reason
from evokd.config import DecodingConfig, Role
from evokd.dasd.cot_decoding import (
    Choice,
    Path,
    branches,
    choose_aggregated,
    choose_majority,
    choose_max,
    read_path,
)
from evokd.dasd.rows import Row, response_of, with_tokens
from evokd.ledger.budget import BudgetReached
from evokd.store.events import Drafted, Seeded, Warned
from evokd.teacher.reply import Reply
from graph.classroom import classroom
from graph.course import STAGE_OF, Course
from graph.dasd_state import DasdState
from graph.state import Ref
from graph.visit import Visit, weigh

MOST_TASKS = 64
"""Sends of a stage: a killed process repeats at most the calls in flight in any case."""
CHOOSERS: dict[str, Callable[[Sequence[Path]], Choice | None]] = {
    "max": choose_max,
    "aggregated": choose_aggregated,
    "majority": choose_majority,
}
DECODED = "CoT-decoding"


class ReasonTask(TypedDict):
    """Payload of a Send: which questions."""

    source: str
    round: int
    start: int
    end: int


def to_reasoner(source: str, course: Callable[[], Course]) -> Callable[[DasdState], list[Send]]:
    """The questions of the next stage in slices, handed over by `source`."""

    def route(state: DasdState) -> list[Send]:
        number = state["round"] or course().first_round
        total = len(course().questions[STAGE_OF[number]])
        size = max(1, -(-total // MOST_TASKS))
        return [
            Send(
                "teacher_reasoner",
                ReasonTask(source=source, round=number, start=at, end=min(at + size, total)),
            )
            for at in range(0, total, size)
        ]

    return route


async def teacher_reasoner(state: ReasonTask, visit: Visit) -> dict[str, Any]:
    """Ask, read the answers, and put the teacher's tokens where they belong."""
    course = classroom(visit).course
    stage = STAGE_OF[state["round"]]
    asked = course.asked(stage, state["start"], state["end"])
    for one in asked:
        visit.freight += weigh(one.text)
        visit.emit(Seeded(row=one.id, text=one.text, label=course.by_id[one.id].label))
    decoding = visit.bench.config.dasd.cot_decoding
    if decoding is not None:
        rows, stopped = await _decoded(visit, asked, decoding, tell=state["start"] == 0)
    else:
        rows, stopped = await _sampled(visit, stage, asked, state["start"])
    # a Send carries its round; the state gets it for the nodes behind
    return {"written": [hand_on(visit, rows)], "round": state["round"], **visit.stop(stopped)}


async def _sampled(
    visit: Visit, stage: str, asked: Sequence[Asked], first: int
) -> tuple[list[Row], BudgetReached | None]:
    course, config = classroom(visit).course, visit.bench.config
    settings = course.stage(stage)
    found = await reason(
        visit.desk("teacher_reasoner"),
        course.wording,
        asked,
        samples=settings.samples,
        temperature=settings.temperature,
        logprobs=config.dasd.asks_logprobs,
        first=first,
    )
    return rows_of(visit, found.given, f"T={settings.temperature:g}"), found.stopped


def hand_on(visit: Visit, rows: Sequence[Row]) -> Ref:
    """A trace event for each row; gives their reference."""
    for row in rows:
        visit.emit(
            Drafted(
                row=row.id,
                call=row.calls[-1],
                text=row.text,
                kind="plain",
                intended_label=row.answer,
                parents=[row.question],
            )
        )
    return visit.put(rows)


def rows_of(visit: Visit, given: Sequence[Response], written: str) -> list[Row]:
    """Rows of the responses that came.

    Args:
        visit: Of the node that asked.
        given: What came.
        written: How, for the stratum; several teachers are never ranked together.
    """
    role: Role = "finisher" if visit.hop.target == "finisher" else "teacher_reasoner"
    teachers = visit.bench.pool.of(role)
    rows = []
    for one in given:
        if one.reply is None or one.call is None:
            visit.emit(Warned(text=f"{one.id}: no response: {one.reason}"))
            continue
        who = f", {teachers[one.voter].config.title}" if len(teachers) > 1 else ""
        row = _row(visit, one.question, one.id, one.reply, f"{written}{who}", (one.call,))
        rows.append(row)
    return rows


def _row(
    visit: Visit, question: str, name: str, reply: Reply, stratum: str, calls: tuple[str, ...]
) -> Row:
    course = classroom(visit).course
    asked = course.by_id[question]
    text, tokens = response_of(reply)
    found = course.form.found(asked.text, text)
    answer = found.value if found else None
    row = Row(
        id=f"r{visit.hop.round:03d}-{name}",
        question=question,
        stratum=stratum,
        text=text,
        finish_reason=reply.finish_reason,
        answer=answer,
        right=answer is not None and course.form.right(answer, asked.label),
        calls=calls,
    )
    return with_tokens(row, tokens)


async def _decoded(
    visit: Visit, asked: Sequence[Asked], config: DecodingConfig, *, tell: bool
) -> tuple[list[Row], BudgetReached | None]:
    """Of each question the path that CoT-decoding takes."""
    endpoint = visit.bench.pool.of("teacher_reasoner")[0].config
    continuation = config.continuation
    if continuation == "auto":
        continuation = "samples" if endpoint.model is not None else "llama.cpp"
    if continuation == "samples" and tell:
        text = f"{endpoint.title} is not known to go on from a beginning: paths are samples"
        visit.emit(Warned(text=text))
    settings = Settings(config.k, continuation, config.temperature, branches)
    found, stopped = await decode(
        visit.desk("teacher_reasoner"), classroom(visit).course.wording, asked, settings
    )
    rows = [row for ways in found if (row := _taken(visit, ways, config)) is not None]
    return rows, stopped


def _taken(visit: Visit, ways: Ways, config: DecodingConfig) -> Row | None:
    if not ways.ways:
        visit.emit(Warned(text=f"{ways.question}: no path: {ways.reason}"))
        return None
    form, asked = classroom(visit).course.form, classroom(visit).course.by_id[ways.question]
    paths = [
        read_path(way.reply.text, way.reply.logprobs, form.found(asked.text, way.reply.text))
        for way in ways.ways
    ]
    choice = CHOOSERS[config.choose](paths) or choose_majority(paths)
    at = choice.path if choice else 0  # no path states an answer: the filter drops it, and counts
    calls = (*(call for call in ways.calls if call != ways.ways[at].call), ways.ways[at].call)
    return _row(visit, ways.question, f"{ways.question}-d", ways.ways[at].reply, DECODED, calls)
