"""What is written about one attempt of a call, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from evokd.config import Price

Status = Literal["open", "ok", "rejected", "error", "cancelled", "replayed", "unsent"]
UNBILLED: tuple[Status, ...] = ("replayed", "unsent")
"""Billed is every other status: the request left, so somebody may charge for it."""
FAILED: tuple[Status, ...] = ("rejected", "error")
"""The request left, and nothing that could be used came back."""
UNUSABLE: tuple[Status, ...] = (*FAILED, "cancelled")
"""The same, and those that were given up here."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request as the server reported them.

    `prompt` includes cached tokens, `completion` includes reasoning tokens; the details stand
    beside and are never added on top.
    """

    prompt: int
    completion: int
    cached: int = 0
    reasoning: int = 0


class Amounts(NamedTuple):
    """What budgets limit; field names are those of the config's `budget`."""

    tokens: int = 0
    """Prompt and completion."""
    usd: float = 0.0
    """Where the price is known."""
    calls: int = 0
    """Attempts that leave."""

    def plus(self, other: Amounts) -> Amounts:
        """Both."""
        return Amounts._make(a + b for a, b in zip(self, other, strict=True))

    def minus(self, other: Amounts) -> Amounts:
        """Without the other."""
        return Amounts._make(a - b for a, b in zip(self, other, strict=True))


@dataclass(frozen=True, slots=True)
class CallStart:
    """What is known before the request leaves."""

    agent: str
    """The role: analyst, easy_generator, hard_generator, labeler, critic."""
    model: str
    voter: int
    """Position of the endpoint among those of its role."""
    call_key: str
    """Name of the call within its node; with task and prompt it is the journal's key."""
    attempt: int
    """From 1; counts the retries of this request."""
    template: str
    template_sha: str
    prompt_sha: str
    """Hash of the rendered messages and every parameter that can change the answer."""
    prompt_estimate: int
    max_tokens: int
    """Of all completions together, where several are asked for."""
    price: Price | None

    def usd(self, prompt: int, completion: int, cached: int = 0) -> float | None:
        """Cost in USD; None where no price is known, for an unknown cost is not 0.

        Args:
            prompt: Tokens, the cached ones among them.
            completion: Tokens.
            cached: Prompt tokens that the server had in its cache.
        """
        if self.price is None:
            return None
        micros = prompt * self.price.prompt
        if cached and self.price.cached_prompt is not None:
            kept = min(cached, prompt)
            micros = (prompt - kept) * self.price.prompt + kept * self.price.cached_prompt
        return (micros + completion * self.price.completion) / 1e6

    def amounts(self, prompt: int, completion: int, calls: int = 1, cached: int = 0) -> Amounts:
        """What so many tokens take of a budget."""
        return Amounts(prompt + completion, self.usd(prompt, completion, cached) or 0.0, calls)


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How the attempt ended."""

    status: Status
    usage: Usage | None = None
    """None where the server reported none: the row keeps an estimate and is flagged."""
    completion_estimate: int | None = None
    """Count of the reply, where there is one without usage; else max_tokens stands."""
    counted: int | None = None
    """Tokens of all completions, counted, where `usage` leaves some of them out."""
    error: str | None = None
    text: str | None = None
    """What the model said, for people who look."""
    reply: str | None = None
    """A usable reply as JSON: the journal replays it after a resume."""
