"""The labeler: labels texts in a call that never saw why they were written (T3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from agents.batches import batches
from agents.fitting import fitted
from agents.formats import ReplyFormat
from agents.gather_usable import gather_completions
from agents.labeler_heads import fits, label_by_heads
from agents.records import Draft, Vote
from agents.replies import json_object
from agents.shots import Demonstrated, demonstrated, worked
from agents.task_view import ShownRow, TaskView
from agents.verbalizer import MAX_CHOICES, Verbalizer
from evokd.ledger.budget import BudgetReached
from evokd.teacher.client import Asked, LLMClient
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from prompts.pack import CONFIDENCE, Pack


@dataclass(frozen=True, slots=True)
class Labelled:
    """One voter's votes on some texts."""

    votes: tuple[Vote, ...]
    stopped: BudgetReached | None


class _Choice(NamedTuple):
    """What a reply says of one text."""

    label: str | None
    logprobs: dict[str, float] | None = None
    reason: str | None = None
    """What was wrong, where there is no label."""
    confidence: float | None = None


SURE = "{} sure"
"""Key of a stated confidence, beside the number of its text."""
SURE_TOKENS = 12
"""Of it, with its key."""


async def label(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    drafts: Sequence[Draft],
    voter: int,
    times: int = 1,
    shown: Demonstrated | None = None,
) -> Labelled:
    """Votes for every draft, in their order; only the texts go into the prompt.

    Args:
        client: Whom to ask.
        pack: How.
        view: The task.
        drafts: Their texts.
        voter: Which of the role's endpoints votes.
        times: Votes on each text, as completions of one prompt.
        shown: Labelled rows to show with each draft, by its id; None: those of the seed shots that
            the pack asks for. Of a call with several texts, those of all.
    """
    if pack.manifest.labeler.reply == "logprobs" and fits(view):
        votes, stopped = await label_by_heads(client, pack, view, drafts, voter, shown)
        return Labelled(tuple(votes), stopped)
    size = pack.manifest.labeler.texts_per_call
    parts = batches(drafts, size)
    asked = [
        _asked(client, pack, view, batch, voter, turn, shown)
        for batch in parts
        for turn in range(times)
    ]
    repair = None if pack.manifest.labeler.reply == "logprobs" and _few(view) else pack.repair
    result = await gather_completions(client, asked, repair, times)
    votes = []
    every = [batch for batch in parts for _ in range(times)]
    for batch, answer, reason in zip(every, result.values, result.reasons, strict=True):
        for position, draft in enumerate(batch):
            if answer is None:
                votes.append(Vote(draft.row, voter, None, None, None, reason))
                continue
            said = answer.value[position]
            vote = Vote(draft.row, voter, said.label, said.logprobs, answer.call, said.reason)
            votes.append(replace(vote, confidence=said.confidence))
    return Labelled(tuple(votes), result.stopped)


_PERCENT = re.compile(r"\s*(\d{1,3}(?:\.\d{1,6})?)\s*%?\s*", re.ASCII)


def _few(view: TaskView) -> bool:
    """Whether one token tells the labels apart."""
    return view.reply_format.one_word and len(view.labels) <= MAX_CHOICES


def votes_at_once(pack: Pack, view: TaskView, temperature: float | None, wanted: int) -> int:
    """Votes that a labeler casts on a text.

    One, where all would be the same: at temperature 0, and by log-probability.

    Args:
        pack: How it is asked.
        view: The task.
        temperature: Of the endpoint's config; None: the pack's.
        wanted: `loop.completions`.
    """
    style = pack.manifest.labeler
    sampled = (style.temperature if temperature is None else temperature) > 0
    return wanted if sampled and not by_logprobs(pack, view) else 1


def by_logprobs(pack: Pack, view: TaskView) -> bool:
    """Whether labels are read off log-probabilities, which say how sure the labeler is."""
    return pack.manifest.labeler.reply == "logprobs" and (_few(view) or fits(view))


def shows_rows(pack: Pack, view: TaskView) -> bool:
    """Whether the labeler's prompt has a place for labelled rows in this task.

    A pack that asks by log-probability shows them before the text; where its labels can't be told
    by one token the reply is JSON, and it shows none.
    """
    by_name = pack.manifest.labeler.reply == "logprobs" and not (_few(view) or fits(view))
    return "shots" in pack.asks("labeler") and not by_name


def _asked(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    batch: Sequence[Draft],
    voter: int,
    turn: int,
    shown: Demonstrated | None,
) -> Asked[list[_Choice]]:
    style = pack.manifest.labeler
    reply_format = view.reply_format
    one_token = style.reply == "logprobs" and _few(view)
    words = Verbalizer.of(view.labels) if one_token else None
    sure = words is None and CONFIDENCE in pack.templates
    completion = 1 if words else (style.max_tokens + SURE_TOKENS * sure) * len(batch)

    def variables(view: TaskView) -> dict[str, Any]:
        return {
            **view.variables(client.directives[voter], view.described()),
            "texts": [view.asked(draft.text) for draft in batch],
            "words": words.words if words else {name: name for name in view.labels},
            "letters": words.letters if words else False,
            "constrained": words is None,
            "shots": _shots(pack, view, words, batch, shown),
        }

    request = Request(
        role="labeler",
        call_key=f"label-{batch[0].row}{f'/vote-{turn}' if turn else ''}",
        prompt=fitted(client, pack, view, "labeler", variables, completion, voter),
        voter=voter,
        temperature=style.temperature,
        top_p=style.top_p,
        max_tokens=completion,
        top_logprobs=MAX_CHOICES if words else 0,
        schema=None
        if words
        else _schema([draft.text for draft in batch], reply_format, style.closed, sure),
        stop=style.stop,
        extra=style.extra,
        choices=tuple(words.words.values()) if words else view.labels,
    )

    def parse(reply: Reply) -> list[_Choice]:
        if words is not None:
            return [_by_logprobs(reply, words)]
        return _by_name(reply, [draft.text for draft in batch], reply_format, sure)

    return Asked(request, parse)


def _shots(
    pack: Pack,
    view: TaskView,
    words: Verbalizer | None,
    batch: Sequence[Draft],
    shown: Demonstrated | None,
) -> list[ShownRow]:
    if shown is not None:
        answer = view.task_format.answer
        return demonstrated(
            view,
            [shown.get(draft.row, ()) for draft in batch],
            lambda row: words.words[row.label] if words else answer(row.text, row.label),
        )
    style = pack.manifest.labeler
    if words is None:
        return []
    if len(view.labels) <= style.shots_above:
        return []
    return worked(view, words.words, style.shots, lambda row: row.label)


def _by_logprobs(reply: Reply, words: Verbalizer) -> _Choice:
    if not reply.logprobs:
        raise Unusable("the server sent no log-probabilities (does it support `logprobs`?)")
    scores = words.read(reply.logprobs[0].top)
    if scores is None:
        raise Unusable("no label word is among the likeliest tokens")
    return _Choice(max(scores, key=scores.__getitem__), scores)


def _by_name(
    reply: Reply, texts: Sequence[str], reply_format: ReplyFormat, sure: bool = False
) -> list[_Choice]:
    """Labels by the text's number; a reply in which no text got one is unusable as a whole."""
    data = json_object(reply)
    found = [
        _read(data.get(str(number)), text, reply_format) for number, text in enumerate(texts, 1)
    ]
    if not any(one.label is not None for one in found):
        reasons = {one.reason: None for one in found if one.reason}
        raise Unusable(f"expected for each number {reply_format.expected()} ({'; '.join(reasons)})")
    if not sure:
        return found
    stated = [stated_confidence(data.get(SURE.format(at))) for at in range(1, len(texts) + 1)]
    return [one._replace(confidence=p) for one, p in zip(found, stated, strict=True)]


def stated_confidence(data: Any) -> float | None:
    """How sure a model says it is, in [0, 1]; None where it is nothing between 0 and 100.

    `80`, `"80"` and `"80 %"` are 0.8; so is `0.8`, which models write though they are told not to.
    """
    if isinstance(data, str):
        found = _PERCENT.fullmatch(data)
        data = float(found[1]) if found else None
    if not isinstance(data, int | float) or isinstance(data, bool) or not 0 <= data <= 100:
        return None
    return float(data) if 0 < data < 1 else data / 100


def _read(data: Any, text: str, reply_format: ReplyFormat) -> _Choice:
    try:
        return _Choice(reply_format.label(data, text))
    except Unusable as reason:
        return _Choice(None, reason=str(reason))


def _schema(
    texts: Sequence[str], reply_format: ReplyFormat, closed: bool, sure: bool = False
) -> dict[str, Any]:
    labels = [
        reply_format.closed_schema(text) if closed else reply_format.label_schema()
        for text in texts
    ]
    numbered: dict[str, Any] = {}
    for number, schema in enumerate(labels, 1):
        numbered[str(number)] = schema
        if sure:
            numbered[SURE.format(number)] = {"type": "integer", "minimum": 0, "maximum": 100}
    return {
        "type": "object",
        "properties": numbered,
        "required": list(numbered),
        "additionalProperties": False,
    }
