"""Prompts that fit: where one is too long, its texts are shown by their beginnings.

Only prompts are cut: a row is kept, judged for repetition and trained on as a whole. A text that is
to be translated, or whose answer lists what is in it (entities), is never cut: an answer to its
beginning would be wrong for the whole.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Literal

from agents.task_view import TaskView
from evokd.config import Role
from evokd.teacher.client import LLMClient
from evokd.teacher.request import Cut, Prompt
from evokd.teacher.room import SOME, Room
from evokd.teacher.tokens import count_messages
from prompts.pack import Pack

LENGTHS = tuple(round(SOME * 1.25**step) for step in range(40))
"""Characters of a text that may be left, up to 385,000. Few, so that prompts that nearly agree are
cut alike, and a server finds the beginning of one in its cache."""


def fitted(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    role: Role | Literal["rewrite", "reasoned_labeler"],
    variables: Callable[[TaskView], Mapping[str, object]],
    completion: int,
    voter: int = 0,
) -> Prompt:
    """A role's prompt, its texts cut to the longest beginnings with which it fits.

    Args:
        client: Who knows the limits.
        pack: Its templates.
        view: The task.
        role: Who asks, or another template of the pack.
        variables: What the template is given, of a view that says how long texts are.
        completion: Tokens that the reply may take.
        voter: Which of the role's endpoints is asked.
    """

    @cache
    def prompt(longest: int | None) -> Prompt:
        return pack.prompt(role, variables(replace(view, longest=longest)))

    @cache
    def size(longest: int | None) -> int:
        return count_messages(prompt(longest).messages)

    whole = prompt(None)
    tight = [room for room in client.rooms(voter, completion) if _exceeds(whole, room.tokens)]
    if not tight:
        return whole
    longest, room = min((_longest(room, size), room) for room in tight)
    without = size(0)
    if size(longest) >= size(None):  # nothing in it is longer
        return whole
    share = (size(longest) - without) / (size(None) - without)
    return replace(prompt(longest), cut=Cut(share, room.said))


def _exceeds(prompt: Prompt, tokens: int) -> bool:
    """Whether a prompt takes more tokens; most are too short to be counted."""
    characters = sum(len(message.content) for message in prompt.messages)
    if characters * 4 + 64 <= tokens:  # of a character's bytes, each may be a token
        return False
    return count_messages(prompt.messages) > tokens


def _longest(room: Room, size: Callable[[int], int]) -> int:
    """The largest of the lengths with which a prompt fits; else the least that is left."""
    least = bisect_left(LENGTHS, room.least)
    return LENGTHS[max(least, bisect_right(LENGTHS, room.tokens, lo=least, key=size) - 1)]
