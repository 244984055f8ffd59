"""Labels of several heads by log-probability: a call a head, for models that can't fill in a form.

Asked for a JSON object with all labels, SmolLM2-135M names the right topic less often than chance
(docs/design/multi-task.md); asked one question at a time it answers as it does for one label set.
What comes out is a distribution over whole answers, the product of the heads', so that calibration,
votes and margins treat it like any other.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from agents.fitting import fitted
from agents.gather_usable import gather_usable
from agents.records import Draft, Vote
from agents.shots import Demonstrated, demonstrated, worked
from agents.task_view import ShownRow, TaskView
from agents.verbalizer import MAX_CHOICES, Verbalizer
from evokd.ledger.budget import BudgetReached
from evokd.tasks.example import Example
from evokd.tasks.formats.multi import SEPARATOR, heads_of, join, split
from evokd.teacher.client import Answer, LLMClient
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from prompts.pack import Pack

MOST_ANSWERS = 200
"""Whole answers that a vote may spread its probability over; with more, one call asks for all."""


def fits(view: TaskView) -> bool:
    """Whether each head's labels can be told by one token, and the whole answers are few."""
    if view.task_format.kind != "multi":
        return False
    sizes = [len(names) for names in heads_of(view.labels).values()]
    return max(sizes) <= MAX_CHOICES and len(view.ordered) <= MOST_ANSWERS


async def label_by_heads(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    drafts: Sequence[Draft],
    voter: int,
    shown: Demonstrated | None = None,
) -> tuple[list[Vote], BudgetReached | None]:
    """A vote for every draft, in their order; one that lacks a head has no label."""
    heads = heads_of(view.labels)
    asked = [
        _ask(client, pack, view, draft, voter, head, names, shown)
        for draft in drafts
        for head, names in heads.items()
    ]
    result = await gather_usable(asked)
    votes = []
    for number, draft in enumerate(drafts):
        here = slice(number * len(heads), (number + 1) * len(heads))
        answers, reasons = result.values[here], result.reasons[here]
        votes.append(_vote(draft, voter, tuple(heads), answers, reasons))
    return votes, result.stopped


async def _ask(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    draft: Draft,
    voter: int,
    head: str,
    names: tuple[str, ...],
    shown: Demonstrated | None,
) -> Answer[dict[str, float]]:
    style = pack.manifest.labeler
    words = Verbalizer.of(names)
    lines = {name: view.descriptions.get(f"{head}{SEPARATOR}{name}", "") for name in names}

    def answer(row: Example) -> str:
        return split(row.label)[head]

    def shots(view: TaskView) -> list[ShownRow]:
        if shown is None:
            return worked(view, words.words, style.shots, answer)
        own = [shown.get(draft.row, ())]
        return demonstrated(view, own, lambda row: words.words[answer(row)])

    def variables(view: TaskView) -> dict[str, Any]:
        return {
            **view.variables(client.directives[voter]),
            "labels": names,
            "descriptions": lines,
            "head": head,
            "shots": shots(view),
            "texts": [view.asked(draft.text)],
            "words": words.words,
            "letters": words.letters,
            "constrained": False,
        }

    request = Request(
        role="labeler",
        call_key=f"label-{draft.row}/{head}",
        prompt=fitted(client, pack, view, "labeler", variables, 1, voter),
        voter=voter,
        temperature=style.temperature,
        top_p=style.top_p,
        max_tokens=1,
        top_logprobs=MAX_CHOICES,
        stop=style.stop,
        extra=style.extra,
        choices=tuple(words.words.values()),
    )
    return await client.ask(request, lambda reply: _read(reply, words))


def _read(reply: Reply, words: Verbalizer) -> dict[str, float]:
    if not reply.logprobs:
        raise Unusable("the server sent no log-probabilities (does it support `logprobs`?)")
    scores = words.read(reply.logprobs[0].top)
    if scores is None:
        raise Unusable("no label word is among the likeliest tokens")
    return scores


def _vote(
    draft: Draft,
    voter: int,
    heads: Sequence[str],
    answers: Sequence[Answer[dict[str, float]] | None],
    reasons: Sequence[str | None],
) -> Vote:
    calls = tuple(answer.call for answer in answers if answer is not None)
    scores = [answer.value for answer in answers if answer is not None]
    if len(scores) < len(heads):
        missing = next(reason for reason in reasons if reason)
        return Vote(draft.row, voter, None, None, next(iter(calls), None), missing, calls[1:])
    whole = product(dict(zip(heads, scores, strict=True)))
    best = max(whole, key=whole.__getitem__)
    return Vote(draft.row, voter, best, whole, calls[0], None, calls[1:])


def product(scores: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Log-probability of each whole answer, out of head → label → log-probability."""
    found = {}
    for names in itertools.product(*scores.values()):
        answer = dict(zip(scores, names, strict=True))
        found[join(answer)] = sum(scores[head][name] for head, name in answer.items())
    return found
