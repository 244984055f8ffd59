"""Tokens of several completions of one prompt, where a server's usage leaves some out.

llama.cpp's server counts one of them only (4 of 5 tokens each: `"completion_tokens": 5`); OpenAI's
and vLLM's count all. So what was reported is held against a count of the texts themselves.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any

import httpx2

from evokd.teacher.address import beside
from evokd.teacher.reply import Reply
from evokd.teacher.tokens import count
from evokd.teacher.transport import ReplyTooLarge, watch

FEWEST = 0.9
"""Share of the completions' tokens that a usage which counts all of them can't fall below."""
ROUGH = 0.7
"""Tokens for one that is guessed, where no reply of this server has told yet."""
END = 1
"""Tokens behind a finished text: its end."""


class CompletionTokens:
    """One endpoint's counts: by its own tokenizer where it has an address for that, else guessed.

    llama.cpp and vLLM both answer `POST /tokenize` beside `/v1`, without computing anything.
    """

    def __init__(self, http: Any, base_url: str | None, key: str, model: str) -> None:
        """Args.

        http: Asynchronous client (`openai.DefaultAsyncHttpxClient`) over the watched transport.
        base_url: Of the endpoint; None: its usage is known to count all.
        key: Sent along, as with every other request.
        model: Its name there.
        """
        self._http, self._key, self._model = http, key, model
        self._url = base_url and beside(base_url, "tokenize")
        self._counts_all = base_url is None
        self._told = self._guess = 0
        """Tokens of single completions: as reported, and as guessed."""

    def learn(self, reply: Reply) -> None:
        """Take note of what a single completion came to, unless it thought unseen."""
        usage = reply.usage
        if usage is not None and usage.completion and (reply.reasoning or not usage.reasoning):
            self._told += usage.completion
            self._guess += _guessed(reply)

    async def missed(self, reply: Reply) -> int | None:
        """Tokens of all completions; None where the reported usage holds them already."""
        if reply.usage is None or self._counts_all:
            return None
        reported = reply.usage.completion
        sizes = await self._exact(reply)
        if sizes is None:
            rate = self._told / self._guess if self._guess else ROUGH
            total = math.ceil(rate * sum(_guessed(choice) for choice in reply.choices))
            # what counts only one is nearer to one than to all, in ratio
            return total if reported < total / math.sqrt(len(reply.choices)) else None
        self._counts_all = reported > 2 * max(sizes)
        return sum(sizes) if reported < FEWEST * sum(sizes) else None

    async def _exact(self, reply: Reply) -> list[int] | None:
        """Tokens by completion, as the server counts; None where it can't be asked."""
        if self._url is None:
            return None
        try:
            return list(await asyncio.gather(*(self._count(one) for one in reply.choices)))
        except (httpx2.HTTPError, ReplyTooLarge, LookupError, TypeError, ValueError):
            self._url = None  # it has no such address, and won't have one at the next reply
            return None

    async def _count(self, choice: Reply) -> int:
        text = f"{choice.reasoning}{choice.text}"
        body = {"content": text, "prompt": text, "model": self._model, "add_special_tokens": False}
        with watch():
            answer = await self._http.post(
                self._url, json=body, headers={"Authorization": f"Bearer {self._key}"}
            )
        answer.raise_for_status()
        return len(answer.json()["tokens"]) + _end(choice)


def _guessed(choice: Reply) -> int:
    return count(choice.reasoning) + count(choice.text) + _end(choice)


def _end(choice: Reply) -> int:
    return END if choice.finish_reason == "stop" else 0
