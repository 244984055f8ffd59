"""Calls of a model: attempts, answers from the journal, retries, batches, replies hard to read."""

from __future__ import annotations

from typing import Literal

from evokd.store.events.base import BaseEvent


class Called(BaseEvent):
    """One attempt of a call, with all that was said."""

    type: Literal["called"] = "called"
    agent: str
    source: str
    model: str
    slot: str
    attempt: int
    status: str
    template: str
    template_sha: str
    messages: list[tuple[str, str]]
    reply: str | None
    error: str | None
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    task: str = ""
    """Which execution of the node asked; several labelers work side by side."""
    prompt_sha: str = ""
    estimated: bool = False
    """The server reported no usage."""
    usd: float | None = None
    voter: int = 0
    """Position of the endpoint among those of its role, from 0; models may have equal names."""
    directive: str | None = None
    """The endpoint's own instruction."""
    completions: int = 1
    """Asked for with this one request; `reply` holds them all, one after another."""


class Replayed(BaseEvent):
    """A call was answered from the journal after a resume: free. `call` is the one paid for."""

    type: Literal["replayed"] = "replayed"
    agent: str
    source: str
    slot: str
    task: str


class Retried(BaseEvent):
    """A request will be sent again."""

    type: Literal["retried"] = "retried"
    attempt: int
    wait_s: float
    reason: str
    slot: str = ""
    task: str = ""


class Batched(BaseEvent):
    """A batch of requests was made, came on, or ended; each request is a call of its own."""

    type: Literal["batched"] = "batched"
    batch: str
    """The server's id."""
    model: str
    status: str
    requests: int
    done: int
    """Answered so far."""
    failed: int

    @property
    def ended(self) -> bool:
        """Whether the server is done with it, for better or worse."""
        return self.status in ("completed", "failed", "expired", "cancelled")


class Misread(BaseEvent):
    """A reply could not be read as what was asked for; `call` is the attempt that got it."""

    type: Literal["misread"] = "misread"
    agent: str
    slot: str
    task: str
    reason: str
    repair: bool
    """A repair turn follows: the model sees its reply and what was wrong with it."""
    finish: str = ""
    """How the reply ended: `length` where it was cut off."""


class Mended(BaseEvent):
    """A reply that was wrapped, broken or cut off could be read all the same, as far as whole."""

    type: Literal["mended"] = "mended"
    agent: str
    slot: str
    task: str
    how: list[str]
    """`wrapped`, `repaired`, `cut`; one for each completion that needed it."""
