"""A few tiny calls that tell what an endpoint can do, and what it bills for them.

They are made by the metered client as any other call is: with retries, each in the books it is
given. What a server refuses by name is left out and told of, as in a run (dialect.py).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Literal

from evokd.config import Role
from evokd.ledger.edge import Edge
from evokd.teacher.endpoint import Teacher
from evokd.teacher.faults import Refused, TeacherDown, Unusable
from evokd.teacher.metered_client import MeteredClient
from evokd.teacher.metering import Metering
from evokd.teacher.reply import Reply
from evokd.teacher.request import Message, Prompt, Request

Capability = Literal["schema", "logprobs", "n", "seed", "billing"]
Answered = Literal["yes", "no", "unknown"]
NODE = "probe"
REPLY = 256
"""Tokens that a reply may take: plain models take ten, and those that think need some for that."""
SCHEMA = {
    "type": "object",
    "properties": {"tint": {"type": "string", "enum": ["teal", "ochre"]}},
    "required": ["tint"],
    "additionalProperties": False,
}
"""Of a name and values that nobody comes upon who was not given them."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What the calls for one capability told."""

    capability: Capability
    answered: Answered
    text: str


class Prober:
    """Asks one endpoint; every call is booked on the edge `START → probe`."""

    def __init__(self, metering: Metering, teacher: Teacher, role: Role, number: int) -> None:
        """Args.

        metering: The books.
        teacher: Who is asked.
        role: One that it has; the books name it as the agent.
        number: Of the endpoint; keeps the calls of several apart.
        """
        self._metering, self._teacher, self._role, self._number = metering, teacher, role, number
        self._replies: list[Reply] = []

    async def all(self) -> list[Probed]:
        """All capabilities, one after the other.

        Raises:
            TeacherDown: it can't be worked with at all.
        """
        found = [await self._schema(), await self._logprobs(), await self._n(), await self._seed()]
        return [*found, self._billing()]

    async def _schema(self) -> Probed:
        if self._teacher.config.structured == "none":
            return Probed("schema", "unknown", "not asked: `structured: none`")
        asked = _request(self._role, "schema", "Name a colour, as a JSON object.")
        reply = await self._ask(replace(asked, schema=SCHEMA))
        if isinstance(reply, str):
            return Probed("schema", "no", reply)
        if _follows(reply.text):
            return Probed("schema", "yes", "the reply follows it")
        return Probed(
            "schema",
            "no",
            "the reply does not follow it, so packs that ask for JSON rest on the prompt alone"
            " (`structured: json_object` or `none` says so)",
        )

    async def _logprobs(self) -> Probed:
        asked = _request(self._role, "logprobs", "Is water wet? Answer yes or no.", temperature=0.0)
        reply = await self._ask(replace(asked, top_logprobs=5))
        if isinstance(reply, str):
            return Probed("logprobs", "no", reply)
        said = self._teacher.config.logprobs
        if reply.logprobs:
            hint = "" if said else "; `logprobs: true` at the endpoint lets packs label by them"
            return Probed("logprobs", "yes", f"they come with the reply{hint}")
        wrong = "; the config says `logprobs: true`" if said else ""
        return Probed("logprobs", "no", f"none came{wrong}")

    async def _n(self) -> Probed:
        reply = await self._ask(replace(_request(self._role, "n", ANIMAL), n=2))
        if isinstance(reply, str):
            return Probed("n", "no", reply)
        if len(reply.choices) > 1:
            return Probed("n", "yes", "two completions of one prompt (`loop.completions`)")
        return Probed("n", "no", "one completion where two were asked for")

    async def _seed(self) -> Probed:
        """The same seed twice, as two executions of one node: the journal keeps them apart."""
        asked = _request(self._role, "seed", ANIMAL)
        first, again = await self._ask(asked), await self._ask(asked, execution=2)
        for one in (first, again):
            if isinstance(one, str):
                return Probed("seed", "no", one)
        assert isinstance(first, Reply) and isinstance(again, Reply)
        if first.text == again.text:
            return Probed("seed", "yes", "the same seed gave the same text twice")
        return Probed(
            "seed", "no", "the same seed gave two texts: a run can't be had again exactly"
        )

    def _billing(self) -> Probed:
        replies = self._replies
        if not replies:
            return Probed("billing", "unknown", "no reply came")
        without = sum(reply.usage is None for reply in replies)
        if without:
            text = f"{without} of {len(replies)} replies report no usage: the books estimate it"
            return Probed("billing", "no", text)
        thought = sum(reply.usage.reasoning for reply in replies if reply.usage)
        if thought or any(reply.reasoning for reply in replies):
            return Probed("billing", "yes", f"usage is reported; it thinks ({thought} tokens)")
        return Probed("billing", "yes", "usage is reported; no thinking")

    async def _ask(self, request: Request, execution: int = 1) -> Reply | str:
        """The reply; or why there is none to this very request."""
        edge = Edge("START", NODE, NODE, f"{NODE}-{self._number}-{execution}", 1, 1)
        client = MeteredClient(self._metering, [self._teacher], self._role, edge)
        try:
            reply = (await client.ask(request, _as_it_is)).value
        except Unusable as error:
            return str(error)
        except TeacherDown as down:
            if isinstance(down.__cause__, Refused) and down.__cause__.status in (500, 501):
                return str(down)  # some servers break over what they don't know
            raise
        self._replies.append(reply)
        return reply


ANIMAL = "Write one short sentence about an animal of your choice."


def _request(role: Role, name: str, text: str, temperature: float = 1.0) -> Request:
    sha = hashlib.sha256(text.encode()).hexdigest()
    prompt = Prompt((Message("user", text),), f"{NODE}/{name}", sha)
    return Request(role, name, prompt, temperature, REPLY)


def _as_it_is(reply: Reply) -> Reply:
    return reply


def _follows(text: str) -> bool:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("tint") in ("teal", "ochre")
