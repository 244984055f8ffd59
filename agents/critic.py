"""The critic: accepts, relabels, sends back or rejects, each with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from agents.batches import batches
from agents.fitting import fitted
from agents.formats import ReplyFormat
from agents.gather_usable import gather_usable
from agents.records import Candidate, Verdict
from agents.replies import json_object
from agents.rule_critic import judge_all
from agents.task_view import TaskView
from evokd.ledger.budget import BudgetReached
from evokd.teacher.client import Answer, LLMClient
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from prompts.pack import Pack


class _Opinion(BaseModel):
    model_config = ConfigDict(extra="ignore")
    action: Literal["accept", "relabel", "retry", "reject"]
    label: Any = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Criticism:
    """Verdicts on all candidates, in their order."""

    verdicts: tuple[Verdict, ...]
    stopped: BudgetReached | None


async def criticise(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    candidates: Sequence[Candidate],
) -> Criticism:
    """Judge every candidate. One that no usable verdict came for is rejected."""
    style = pack.manifest.critic
    if style.kind == "rules":
        return Criticism(judge_all(style, view, candidates), None)
    size = style.texts_per_call
    parts = batches(candidates, size)
    result = await gather_usable([_ask(client, pack, view, batch) for batch in parts])
    verdicts: list[Verdict] = []
    for batch, answer, reason in zip(parts, result.values, result.reasons, strict=True):
        for position, candidate in enumerate(batch):
            opinion = answer.value[position] if answer else None
            call = answer.call if answer else None
            verdicts.append(_verdict(candidate, opinion, reason, call, view.reply_format))
    return Criticism(tuple(verdicts), result.stopped)


async def _ask(
    client: LLMClient, pack: Pack, view: TaskView, batch: Sequence[Candidate]
) -> Answer[list[_Opinion | None]]:
    style = pack.manifest.critic
    proposed = {name for item in batch for name in view.task_format.classes(item.label)}
    completion = style.max_tokens * len(batch)

    def variables(view: TaskView) -> dict[str, Any]:
        rows = [view.judged(item.draft.text, item.label) for item in batch]
        known = view.variables(client.directives[0], view.described(proposed))
        return {**known, "rows": rows}

    request = Request(
        role="critic",
        call_key=f"critic-{batch[0].draft.row}",
        prompt=fitted(client, pack, view, "critic", variables, completion),
        temperature=style.temperature,
        top_p=style.top_p,
        max_tokens=completion,
        schema=_schema(len(batch), view.reply_format),
        stop=style.stop,
        extra=style.extra,
        choices=view.labels,
    )
    return await client.ask(request, lambda reply: _read(reply, len(batch)), pack.repair)


def _read(reply: Reply, n: int) -> list[_Opinion | None]:
    data = json_object(reply)
    opinions: list[_Opinion | None] = []
    for number in range(1, n + 1):
        try:
            opinions.append(_Opinion.model_validate(data.get(str(number))))
        except ValidationError:
            opinions.append(None)
    if not any(opinions):
        raise Unusable('expected for each number {"action": …, "label": …, "reason": …}')
    return opinions


def _verdict(
    candidate: Candidate,
    opinion: _Opinion | None,
    failure: str | None,
    call: str | None,
    reply_format: ReplyFormat,
) -> Verdict:
    row, label = candidate.draft.row, candidate.label
    if opinion is None:
        return Verdict(row, "reject", None, failure or "no verdict from the critic", call)
    reason = opinion.reason.strip()[:300] or opinion.action
    if opinion.action == "relabel":
        try:
            other = reply_format.label(opinion.label, candidate.draft.text)
        except Unusable:
            return Verdict(row, "reject", None, f"unknown label from the critic: {reason}", call)
        action: Literal["accept", "relabel"] = "accept" if other == label else "relabel"
        return Verdict(row, action, other, reason, call)
    return Verdict(row, opinion.action, label if opinion.action == "accept" else None, reason, call)


def _schema(n: int, reply_format: ReplyFormat) -> dict[str, Any]:
    numbers = [str(number) for number in range(1, n + 1)]
    opinion = {
        "type": "object",
        "properties": {
            "action": {"type": "string", "enum": ["accept", "relabel", "retry", "reject"]},
            "label": reply_format.label_schema(),
            "reason": {"type": "string"},
        },
        "required": ["action", "label", "reason"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": dict.fromkeys(numbers, opinion),
        "required": numbers,
        "additionalProperties": False,
    }
