"""A fake desk for paths: replies by call key, in tokens with the margins that a test wants."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from evokd.teacher.client import Answer, Asked, Came, Parse, Repair, T
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply, TokenLogprob
from evokd.teacher.request import Request
from evokd.teacher.room import Room

PIECE = re.compile(r"\s*\w+|\W")


def spelt(text: str, margins: Mapping[str, float] | None = None) -> Reply:
    """A reply in tokens; a token named in `margins` leads its rival by that much, else by 0.9."""
    tokens = []
    for piece in PIECE.findall(text):
        lead = (margins or {}).get(piece.strip(), 0.9)
        own, rival = 0.5 + lead / 2, 0.5 - lead / 2
        top = ((piece, math.log(own)), ("~", math.log(rival)))
        tokens.append(TokenLogprob(piece, math.log(own), top))
    return Reply(text, "stop", None, tuple(tokens))


def first(*candidates: str) -> Reply:
    """The first token with its candidates, each half as likely as the one before."""
    top = tuple((word, -0.7 * (at + 1)) for at, word in enumerate(candidates))
    return Reply(top[0][0], "length", None, (TokenLogprob(*top[0], top),))


class FakeDesk:
    """Says to each call what stands under its key; an exception is raised."""

    def __init__(self, said: Mapping[str, Reply | Exception]) -> None:
        self.said = dict(said)
        self.requests: list[Request] = []
        self.directives: tuple[str | None, ...] = (None,)
        self.together: list[int] = []
        """Sizes of the requests for several completions."""

    def rooms(self, voter: int, completion: int) -> Sequence[Room]:
        return ()

    async def ask(
        self, request: Request, parse: Parse[T], repair: Repair | None = None
    ) -> Answer[T]:
        self.requests.append(request)
        said = self.said[request.call_key]
        if isinstance(said, Exception):
            raise said
        return Answer(parse(said), f"call-{request.call_key}")

    async def ask_same(self, asked: Sequence[Asked[Any]], repair: Any = None) -> list[Came[Any]]:
        self.together.append(len(asked))
        came: list[Came[Any]] = []
        for one in asked:
            self.requests.append(one.request)
            said = self.said[one.request.call_key]
            try:
                assert isinstance(said, Reply)
                came.append(Answer(one.parse(said), "call-together"))
            except Unusable as error:
                came.append(error)
        return came
