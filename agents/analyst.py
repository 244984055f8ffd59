"""The analyst: reads what the student got right and wrong, writes the weakness analysis (T1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict

from agents.fitting import fitted
from agents.records import Analysis, Marked, Pattern
from agents.replies import clean_text, json_reply
from agents.task_view import TaskView
from agents.weakness import ConfusionMatrix
from evokd.tasks.formats import TaskFormat
from evokd.tasks.words import ended
from evokd.teacher.client import LLMClient
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from prompts.pack import DEV_ANALYST, Pack

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "weaknesses": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pattern": {"type": "string"},
                    "examples": {"type": "array", "items": {"type": "integer"}},
                },
                "required": ["pattern", "examples"],
                "additionalProperties": False,
            },
        },
        "summary": {"type": "string"},
    },
    "required": ["weaknesses", "summary"],
    "additionalProperties": False,
}


class _Weakness(BaseModel):
    model_config = ConfigDict(extra="ignore")
    pattern: str
    examples: list[int] = []


class _Weaknesses(BaseModel):
    model_config = ConfigDict(extra="ignore")
    weaknesses: list[_Weakness] = []
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What the analyst is asked, and what its reply is read with."""

    request: Request
    suspects: tuple[Marked, ...]
    """Rows that it may cite, by their numbers from 1."""
    as_json: bool
    task_format: TaskFormat


async def analyse(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    rows: Sequence[Marked],
    report: Mapping[str, float] | None = None,
    matrix: ConfusionMatrix | None = None,
) -> Analysis:
    """One call over the feedback rows, see `question`.

    Raises:
        Unusable: no analysis could be read, twice; the round goes on without one.
    """
    asked = question(client, pack, view, rows, report, matrix)
    answer = await client.ask(asked.request, lambda reply: analysis_of(asked, reply), pack.repair)
    return replace(answer.value, call=answer.call)


def question(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    rows: Sequence[Marked],
    report: Mapping[str, float] | None = None,
    matrix: ConfusionMatrix | None = None,
) -> Question:
    """A question about the feedback rows, and F1 by class where `report` gives it (PGKD).

    With a `matrix` the rows are those of a synthetic dev set, and the template is `dev_analyst`.

    An empty list of wrong rows is fine: after a fit on the seed most are right, and the
    uncertain ones stand in (methods/evokd.md, section 1).
    """
    style = pack.manifest.analyst
    shown = {
        mark: [row for row in rows if row.mark == mark]
        for mark in ("right", "wrong", "uncertain", "confident")
    }
    # in the order of the numbers that the template gives them
    suspects = [*shown["wrong"], *shown["confident"]] or shown["uncertain"]

    def variables(view: TaskView) -> dict[str, Any]:
        views = {mark: [view.shown(row) for row in own] for mark, own in shown.items()}
        counted = {} if matrix is None else {"confusions": matrix.pairs, "of": matrix.of}
        return {**view.variables(client.directives[0]), **views, "report": report or {}, **counted}

    template = "analyst" if matrix is None else DEV_ANALYST
    prompt = fitted(client, pack, view, template, variables, style.max_tokens)
    request = Request(
        role="analyst",
        call_key="analysis",
        prompt=prompt,
        temperature=style.temperature,
        top_p=style.top_p,
        max_tokens=style.max_tokens,
        schema=SCHEMA if style.reply == "json" else None,
        stop=style.stop,
        extra=style.extra,
    )
    return Question(request, tuple(suspects), style.reply == "json", view.task_format)


def analysis_of(asked: Question, reply: Reply, call: str | None = None) -> Analysis:
    """The analysis in a reply.

    Raises:
        Unusable: there is none.
    """
    text, cited, patterns = _read(reply, asked.suspects, asked.as_json)
    about = spoken_of(asked.task_format, asked.suspects, cited)
    return Analysis(text, cited, call, about, patterns)


def spoken_of(
    task_format: TaskFormat, rows: Sequence[Marked], cited: Sequence[str]
) -> tuple[str, ...]:
    """The classes that cited rows belong to, in the config's order.

    Of plain classification alone: entities, pairs and choices have no class that a text is about.
    """
    if task_format.kind != "classification":
        return ()
    found = {row.label for row in rows if row.row in cited}
    return tuple(name for name in task_format.labels if name in found)


def _read(
    reply: Reply, suspects: Sequence[Marked], as_json: bool
) -> tuple[str, tuple[str, ...], tuple[Pattern, ...]]:
    """The analysis as one text, the ids of the rows it names, and its patterns with theirs."""
    every = tuple(row.row for row in suspects)
    if not as_json:
        return ended(clean_text(reply.text)), every, ()
    found = json_reply(reply, _Weaknesses, "weaknesses")
    parts = [clean_text(weakness.pattern) for weakness in found.weaknesses]
    parts += [clean_text(found.summary)] if found.summary else []
    cited = _numbered(every, [n for weakness in found.weaknesses for n in weakness.examples])
    text = " ".join(ended(part) for part in parts)
    if not text:
        raise Unusable("the analysis is empty")
    patterns = tuple(
        Pattern(clean_text(weakness.pattern), _numbered(every, weakness.examples))
        for weakness in found.weaknesses
    )
    return text, cited or every, patterns


def _numbered(rows: Sequence[str], numbers: Sequence[int]) -> tuple[str, ...]:
    """The rows of these numbers, which count from 1; a number that is none's is passed over."""
    return tuple(row for number, row in enumerate(rows, 1) if number in numbers)
