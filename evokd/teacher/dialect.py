"""What of a request one endpoint is sent: all of it, less what its server won't take.

A server that refuses a parameter by name (`seed`, a temperature other than 1, a system message) is
sent it no more. Never by a guess, never in silence: only what was sent and is named in the refusal
goes, the trace is told, and the config can say it from the start (`omit`, `system`, `structured`,
`token_limit_field`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from evokd.config import Endpoint
from evokd.teacher.faults import Refused
from evokd.teacher.request import Message, Request

REFUSES = frozenset({400, 422, 500, 501})
"""What servers say to a parameter; 500 comes from templates that know no system message."""
LIMITS = ("max_completion_tokens", "max_tokens")
SHAPES = ("json_schema", "json_object")
SYSTEM = "system"
BOUND = frozenset({"add_generation_prompt", "continue_final_message"})
"""Without these a reply would begin anew where a beginning was to be continued: never left out."""

_NAMED: Mapping[str, str] = {
    "stop": r"[\"'`]stop[\"'`]|\bstop (?:sequences?|words?|parameter)|parameters?:? stop\b|^stop\b",
    "logprobs": r"\b(?:top_)?logprobs\b|log[ -]probabilit",
    SYSTEM: (
        r"\bsystem[\s'\"`]*(?:role|message|prompt|instruction)|\broles?\b.{0,60}\bsystem\b"
        r"|\bmessages\W+\d+\W+role\b|developer instruction|roles must alternate"
    ),
    **dict.fromkeys(
        SHAPES,
        r"\bresponse_format\b|\bjson[_ ](?:schema|object|mode)|structured[_ ]outputs?|\bgrammar\b"
        r"|\bguided\b|\binvalid schema",
    ),
}
"""How a refusal names what is no plain word of its own; others are named by their own name."""
_LOST: Mapping[str, str] = {
    "seed": "so no reply can be had again",
    "temperature": "so the server takes its own",
    "logprobs": "so a pack that labels by them gets no labels, and needs `prompts: {pack: evokd}`",
}
"""What a run loses with a parameter."""
_SIZE = re.compile(
    r"context|too (?:long|large|many|big)|exceed|maximum|must be|at most|less than", re.IGNORECASE
)
"""Words about how much was asked for, not about the parameter that asked."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one endpoint is asked."""

    config: Endpoint
    left_out: frozenset[str]
    """Names of parameters that are not sent; `json_schema` and `json_object` by themselves."""

    @classmethod
    def of(cls, config: Endpoint) -> Dialect:
        """As the config says."""
        given: set[str] = {*config.omit, *config.lacks}
        if "response_format" in given or config.structured == "none":
            given |= set(SHAPES)
        elif config.structured == "json_object":
            given.add(SHAPES[0])
        if config.system == "user":
            given.add(SYSTEM)
        return cls(config, frozenset(given))

    def without(self, name: str) -> Dialect:
        """The same, less one more."""
        return replace(self, left_out=self.left_out | {name})

    def messages(self, request: Request) -> tuple[Message, ...]:
        """The chat, its system message in the first user message where there may be none."""
        messages = request.prompt.messages
        if SYSTEM not in self.left_out:
            return messages
        said = [one.content for one in messages if one.role == "system"]
        rest = [one for one in messages if one.role != "system"]
        if not said:
            return messages
        if not rest or rest[0].role != "user":
            rest.insert(0, Message("user", ""))
        opening = "\n\n".join(filter(None, (*said, rest[0].content)))
        return (Message("user", opening), *rest[1:])

    def stop(self, request: Request) -> list[str] | None:
        """Where a reply ends."""
        return list(request.stop) or None if "stop" not in self.left_out else None

    def parameters(self, request: Request, seed: int) -> dict[str, Any]:
        """All but messages and stop, as the client takes it."""
        given: dict[str, Any] = {"temperature": request.temperature, "seed": seed}
        if request.top_p is not None:
            given["top_p"] = request.top_p
        extra = {k: v for k, v in request.extra.items() if k not in self.left_out}
        given = {k: v for k, v in given.items() if k not in self.left_out}
        if request.n > 1 and "n" not in self.left_out:
            given["n"] = request.n
        if request.top_logprobs and "logprobs" not in self.left_out:
            given |= {"logprobs": True, "top_logprobs": request.top_logprobs}
        # the client renames `max_tokens` unless it travels as an extra
        (extra if self.limit == "max_tokens" else given)[self.limit] = request.max_tokens
        if self._shape == "json_schema" and request.schema is not None:
            shape = {"name": request.role, "schema": dict(request.schema), "strict": True}
            extra["response_format"] = {"type": "json_schema", "json_schema": shape}
        elif self._shape == "json_object" and request.schema is not None:
            extra["response_format"] = {"type": "json_object"}
        if extra:
            given["extra_body"] = extra
        return given

    @property
    def limit(self) -> str:
        """Name under which `max_tokens` is sent."""
        first = self.config.token_limit_field
        other = next(name for name in LIMITS if name != first)
        return other if first in self.left_out else first

    @property
    def _shape(self) -> str | None:
        return next((shape for shape in SHAPES if shape not in self.left_out), None)

    def refused(self, request: Request, fault: Refused) -> str | None:
        """The parameter that a refusal of this very request names; None: none that can go."""
        if fault.status not in REFUSES:
            return None
        sent = self._sent(request)
        for param in fault.params:  # what it points at outranks what it talks about
            if (found := _first_named(param, sent)) is not None:
                return found
        return _first_named(fault.said, sent)

    def _sent(self, request: Request) -> list[str]:
        """What of the request can be left out."""
        there = ["temperature", "seed", *(name for name in request.extra if name not in BOUND)]
        there += ["top_p"] * (request.top_p is not None) + ["stop"] * bool(request.stop)
        there += ["logprobs"] * bool(request.top_logprobs)
        there += [SYSTEM] * any(one.role == "system" for one in request.prompt.messages)
        there = [name for name in there if name not in self.left_out]
        if request.schema is not None and self._shape is not None:
            there.append(self._shape)
        if self.left_out.isdisjoint(LIMITS):  # else the other name was tried before
            there.append(self.limit)
        return there

    def advised(self, fault: Refused) -> Refused:
        """A refusal that stands, with the setting that helps where too much was asked for."""
        named = re.search(rf"\b(?:{'|'.join(LIMITS)})\b", " ".join((*fault.params, fault.said)))
        if fault.status in REFUSES and named and _SIZE.search(fault.said):
            fault.args = (f"{fault}; `max_tokens` of the endpoint says how much a reply may take",)
        return fault

    def told(self, name: str, fault: Refused) -> str:
        """What the trace is told of a parameter that goes."""
        what, setting = f"`{name}` is left out", f"`omit: [{name}]`"
        if name in _LOST:
            what = f"{what}, {_LOST[name]}"
        if name == SYSTEM:
            what = "the system message is put in front of the first user message"
            setting = "`system: user`"
        elif name in LIMITS:
            other = self.without(name).limit
            what, setting = f"`{other}` is sent instead", f"`token_limit_field: {other}`"
        elif name in SHAPES:
            rest = self.without(name)._shape or "none"
            what, setting = f"`response_format` is `{rest}`", f"`structured: {rest}`"
        return (
            f"teachers: {self.config.title} refuses `{name}` ({fault}); from now on {what}."
            f" {setting} at the endpoint says so from the start"
        )


def _first_named(text: str, names: list[str]) -> str | None:
    """Of some parameters the one that a text names first."""
    found: list[tuple[int, str]] = []
    for name in names:
        pattern = _NAMED.get(name, rf"(?<![\w-]){re.escape(name)}(?![\w-])")
        match = re.search(pattern, text, re.IGNORECASE)
        if match and not (name in LIMITS and _SIZE.search(text)):
            found.append((match.start(), name))
    return min(found)[1] if found else None
