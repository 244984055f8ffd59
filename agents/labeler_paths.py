"""The labeler that reasons before it labels: several paths to one label, one text a call.

A reply of one token, or of nothing but JSON, has no path to its label that could be another one; so
this labeler is asked otherwise (`reasoned_labeler.j2`, in every pack): a reason in words, then the
class by its name. Its answer is that name, and only its tokens count for a path's margin.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from agents.decoding.asking import PathPlan, Ways, ask_paths
from agents.decoding.decided import Decided, decide
from agents.decoding.paths import Path, read_path, share
from agents.fitting import fitted
from agents.labeler import Labelled
from agents.records import Draft, Vote
from agents.task_view import TaskView
from evokd.tasks.label_names import find_label
from evokd.teacher.client import LLMClient
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from prompts.pack import REASONED_LABELER, Pack

KINDS = frozenset({"classification", "pair"})
"""Kinds whose answers are one name out of a list."""


async def label_by_paths(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    drafts: Sequence[Draft],
    voter: int,
    plan: PathPlan,
    max_tokens: int,
) -> tuple[Labelled, tuple[Decided, ...]]:
    """A vote for every draft, in their order, and what its paths came to.

    Args:
        client: Whom to ask.
        pack: How.
        view: The task.
        drafts: Their texts; nothing else of them goes into the prompt.
        voter: Which of the role's endpoints votes.
        plan: How paths are made.
        max_tokens: Of one path.
    """
    found: list[Ways[Path]] = await asyncio.gather(
        *(_ask(client, pack, view, draft, voter, plan, max_tokens) for draft in drafts)
    )
    decided = [
        decide(plan.rule, ways, draft.row) for draft, ways in zip(drafts, found, strict=True)
    ]
    votes = [
        _vote(draft, voter, plan, ways, one)
        for draft, ways, one in zip(drafts, found, decided, strict=True)
    ]
    stopped = next((ways.stopped for ways in found if ways.stopped is not None), None)
    told = tuple(one for one in decided if one.paths)
    return Labelled(tuple(votes), stopped), told


async def _ask(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    draft: Draft,
    voter: int,
    plan: PathPlan,
    max_tokens: int,
) -> Ways[Path]:
    style = pack.manifest.labeler

    def variables(view: TaskView) -> dict[str, Any]:
        return {
            **view.variables(client.directives[voter], view.described()),
            "text": view.asked(draft.text),
        }

    request = Request(
        role="labeler",
        call_key=f"label-{draft.row}",
        prompt=fitted(client, pack, view, REASONED_LABELER, variables, max_tokens, voter),
        voter=voter,
        temperature=style.temperature,
        top_p=style.top_p,
        max_tokens=max_tokens,
        extra=style.extra,
        choices=view.labels,
        path=True,
    )

    def read(reply: Reply) -> Path:
        answer = find_label(reply.text, view.labels)
        if answer is None:
            raise Unusable("the reply states no label, or several (expected: The answer is LABEL)")
        return read_path(reply.text, reply.logprobs, answer)

    return await ask_paths(client, request, plan, read)


def _vote(draft: Draft, voter: int, plan: PathPlan, ways: Ways[Path], decided: Decided) -> Vote:
    """The chosen path's label, as sure as its part of the paths' weight."""
    if decided.chosen is None:
        call = next(iter(ways.calls), None)
        return Vote(draft.row, voter, None, None, call, decided.reason, ways.calls[1:])
    paths = [way.value for way in ways.ways]
    own = ways.ways[decided.chosen]
    label = own.value.answer
    assert label is not None
    more = tuple(call for call in ways.calls if call != own.call)
    sure = round(share(paths, label, plan.rule), 6)
    return Vote(draft.row, voter, label, None, own.call, None, more, sure)
