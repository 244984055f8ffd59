"""Labels of several heads, or of a set, by log-probability: a call a head, a call a label.

For models that can't fill in a form. Asked for a JSON object with all labels, SmolLM2-135M names
the right topic less often than chance (docs/design/multi-task.md); asked one question at a time it
answers as it does for one label set. Of a set of labels each is a question of its own, yes or no.
What comes out is a distribution over whole answers, the product of the questions', so that
calibration, votes and margins treat it like any other.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.fitting import fitted
from agents.gather_usable import gather_usable
from agents.records import Draft, Vote
from agents.shots import Demonstrated, demonstrated, worked
from agents.task_view import ShownRow, TaskView
from agents.verbalizer import MAX_CHOICES, Verbalizer
from evokd.config.languages import primary
from evokd.ledger.budget import BudgetReached
from evokd.tasks.example import Example
from evokd.tasks.formats.multi import SEPARATOR, heads_of, join, split
from evokd.tasks.label_sets import decode, encode
from evokd.teacher.client import Answer, LLMClient
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from prompts.pack import Pack

MOST_ANSWERS = 200
"""Whole answers that a vote may spread its probability over; with more, one call asks for all."""
YES_NO: Mapping[str, tuple[str, str]] = {"fr": ("oui", "non"), "zh": ("是", "否")}
"""Language of the prompts → yes and no; English in all others."""


@dataclass(frozen=True, slots=True)
class Question:
    """What one call asks of a text."""

    name: str
    """A head; of a set, a label."""
    answers: tuple[str, ...]
    """A head's labels; yes and no."""
    lines: Mapping[str, str]
    """What is said of each answer; of a set, of the label."""


def fits(view: TaskView) -> bool:
    """Whether each question's answers can be told by one token, and the whole answers are few."""
    if view.task_format.kind == "multilabel":
        return len(view.labels) <= math.log2(MOST_ANSWERS)
    if view.task_format.kind != "multi":
        return False
    sizes = [len(names) for names in heads_of(view.labels).values()]
    return max(sizes) <= MAX_CHOICES and len(view.ordered) <= MOST_ANSWERS


def questions(view: TaskView) -> list[Question]:
    """One a head, or one a label of a set."""
    line = view.descriptions.get
    if view.task_format.kind == "multilabel":
        answers = YES_NO.get(primary(view.spoken), ("yes", "no"))
        return [Question(name, answers, {name: line(name, "")}) for name in view.labels]
    return [
        Question(head, names, {name: line(f"{head}{SEPARATOR}{name}", "") for name in names})
        for head, names in heads_of(view.labels).items()
    ]


def answered(view: TaskView, label: str) -> Mapping[str, str]:
    """The answer that a label gives to each question."""
    if view.task_format.kind == "multilabel":
        names = decode(label)
        return {one.name: one.answers[one.name not in names] for one in questions(view)}
    return split(label)


def whole(view: TaskView, found: Mapping[str, str]) -> str:
    """The label behind an answer to each question, the inverse of `answered`."""
    if view.task_format.kind == "multilabel":
        said = {one.name for one in questions(view) if found[one.name] == one.answers[0]}
        return encode(said, view.labels)
    return join(found)


async def label_by_heads(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    drafts: Sequence[Draft],
    voter: int,
    shown: Demonstrated | None = None,
) -> tuple[list[Vote], BudgetReached | None]:
    """A vote for every draft, in their order; one that lacks an answer has no label."""
    every = questions(view)
    asked = [
        _ask(client, pack, view, draft, voter, question, shown)
        for draft in drafts
        for question in every
    ]
    result = await gather_usable(asked)
    names = [one.name for one in every]
    votes = []
    for number, draft in enumerate(drafts):
        here = slice(number * len(every), (number + 1) * len(every))
        answers, reasons = result.values[here], result.reasons[here]
        votes.append(_vote(draft, voter, view, names, answers, reasons))
    return votes, result.stopped


async def _ask(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    draft: Draft,
    voter: int,
    question: Question,
    shown: Demonstrated | None,
) -> Answer[dict[str, float]]:
    style = pack.manifest.labeler
    words = Verbalizer.of(question.answers)

    def answer(row: Example) -> str:
        return answered(view, row.label)[question.name]

    def shots(view: TaskView) -> list[ShownRow]:
        if shown is None:
            return worked(view, words.words, style.shots, answer)
        own = [shown.get(draft.row, ())]
        return demonstrated(view, own, lambda row: words.words[answer(row)])

    def variables(view: TaskView) -> dict[str, Any]:
        return {
            **view.variables(client.directives[voter]),
            "labels": question.answers,
            "descriptions": question.lines,
            "head": question.name,
            "shots": shots(view),
            "texts": [view.asked(draft.text)],
            "words": words.words,
            "letters": words.letters,
            "constrained": False,
        }

    request = Request(
        role="labeler",
        call_key=f"label-{draft.row}/{question.name}",
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
    view: TaskView,
    names: Sequence[str],
    answers: Sequence[Answer[dict[str, float]] | None],
    reasons: Sequence[str | None],
) -> Vote:
    calls = tuple(answer.call for answer in answers if answer is not None)
    scores = [answer.value for answer in answers if answer is not None]
    if len(scores) < len(names):
        missing = next(reason for reason in reasons if reason)
        return Vote(draft.row, voter, None, None, next(iter(calls), None), missing, calls[1:])
    spread = product(dict(zip(names, scores, strict=True)), lambda found: whole(view, found))
    best = max(spread, key=spread.__getitem__)
    return Vote(draft.row, voter, best, spread, calls[0], None, calls[1:])


def product(
    scores: Mapping[str, Mapping[str, float]], label_of: Callable[[Mapping[str, str]], str] = join
) -> dict[str, float]:
    """Log-probability of each whole answer, out of question → answer → log-probability."""
    found = {}
    for names in itertools.product(*scores.values()):
        answer = dict(zip(scores, names, strict=True))
        found[label_of(answer)] = sum(scores[head][name] for head, name in answer.items())
    return found
