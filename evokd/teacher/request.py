"""What an agent asks for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from evokd.config import Role


@dataclass(frozen=True, slots=True)
class Message:
    """One chat turn."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Cut:
    """What a prompt shows of texts that were too long for it."""

    share: float
    """Of their tokens, in (0, 1)."""
    reason: str
    """The limit, for people: it names the setting."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Rendered messages, and where they came from."""

    messages: tuple[Message, ...]
    template: str
    """`pack/language/role`."""
    template_sha: str
    """Hash of the template's source."""
    cut: Cut | None = None
    """None: its texts are whole."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one of a role's endpoints."""

    role: Role
    call_key: str
    """Name of this call within its node: fixed before the first await, so that the journal finds
    it after a resume and its seed is the same in every run."""
    prompt: Prompt
    temperature: float
    max_tokens: int
    voter: int = 0
    """Which of the role's endpoints answers."""
    top_p: float | None = None
    top_logprobs: int = 0
    """Alternatives per token, at most 20; 0 asks for no log-probabilities."""
    schema: Mapping[str, Any] | None = None
    """JSON schema the reply must follow."""
    stop: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Sampling parameters beyond OpenAI's, for servers that know them (min_p, …)."""
    choices: tuple[str, ...] = ()
    """Answers that make sense; tells the scripted teacher what to choose from, never sent."""
    lines: int = 0
    """Texts asked for as a plain list; tells the scripted teacher, never sent."""
    n: int = 1
    """Completions asked for; the prompt is billed once by servers that know how."""
    keeps_thinking: bool = False
    """Thinking in the reply's text stays there: what it thinks is what the student learns."""

    holds: tuple[Literal["temperature", "max_tokens"], ...] = ()
    """Settings of its own that the endpoint's config doesn't outrank: without them a path of
    CoT-decoding would be none."""
    path: bool = False
    """One of several paths to an answer, reasons before it; tells the scripted teacher, never
    sent."""

    @property
    def most_tokens(self) -> int:
        """Of all completions together."""
        return self.n * self.max_tokens

    def after(self, reply: str, complaint: str, turn: int) -> Request:
        """The repair turn: the reply that was no use, and what was wrong with it."""
        more = (Message("assistant", reply), Message("user", complaint))
        prompt = replace(self.prompt, messages=self.prompt.messages + more)
        return replace(self, prompt=prompt, call_key=f"{self.call_key}/repair-{turn}")

    def sha(self, model: str, seed: int) -> str:
        """Hash of all that can change the answer: the journal's key, no retry settings in it."""
        parts = {
            "model": model,
            "seed": seed,
            "messages": [(m.role, m.content) for m in self.prompt.messages],
            "sampling": [self.temperature, self.top_p, self.max_tokens, self.top_logprobs],
            "stop": self.stop,
            "extra": dict(self.extra),
            "schema": dict(self.schema) if self.schema else None,
        }
        if self.n > 1:
            parts["n"] = self.n
        text = json.dumps(parts, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
