"""Under the chat client: sees what goes over the wire, and sets an end to it.

What a call cost is read here and not from LangChain's result, which drops the usage of answers
that it can't make sense of (an error inside a 200, no choices); the server billed them all the
same. A key that the server repeats is hidden here, before any tracer can hear of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpx2

MAX_REPLY_BYTES = 8_000_000
HIDDEN = b"[key]"
SECRET_LENGTH = 12
"""Characters; what is shorter ("none", "local", "ollama") is no secret and stands in any text."""
OUTDATED = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
"""Headers that don't fit a body any more once it was read."""


class ReplyTooLarge(Exception):
    """The body outgrew the cap; the rest of it is not read."""


@dataclass(slots=True)
class Wire:
    """What was seen of one attempt."""

    left: bool = False
    """The request began to go out; before that it can't have been billed."""
    answer: httpx2.Response | None = None
    """It came whole, whatever it says."""
    failure: Exception | None = None
    """Why none came."""
    on_way: Callable[[], None] = lambda: None
    """Called when the client has made the request and hands it over."""

    async def note_step(self, event: str, info: dict[str, Any]) -> None:
        """Trace extension of the transport: what it does next, such as sending the first byte."""
        if event.endswith("send_request_headers.started"):
            self.left = True


_wire: ContextVar[Wire] = ContextVar("wire")


@contextlib.contextmanager
def watch() -> Iterator[Wire]:
    """See what the wire shows of the request sent inside the block."""
    seen = Wire()
    token = _wire.set(seen)
    try:
        yield seen
    finally:
        _wire.reset(token)


class WatchedTransport(httpx2.AsyncBaseTransport):
    """The usual transport, with an end to how long an answer may take and what it may weigh.

    One for each request at a time, for the usual one asks the socket of every idle connection
    twice a request whether it still stands, which adds up where 16 or more take turns.
    """

    def __init__(
        self, timeout_s: float, key: str, proxy: str | None = None, most_bytes: int | None = None
    ) -> None:
        """Args.

        timeout_s: Until an answer must be whole.
        key: What is hidden in answers.
        proxy: Its address, if there is one on the way.
        most_bytes: Of an answer; None: `MAX_REPLY_BYTES`.
        """
        self._timeout_s, self._most_bytes = timeout_s, most_bytes
        # as it stands in a header, in JSON, and in the JSON of those who escape slashes too
        spelt = (key, json.dumps(key)[1:-1], key.replace("/", "\\/"))
        self._secrets = [one.encode() for one in spelt if len(key) >= SECRET_LENGTH]
        self._new = functools.partial(
            httpx2.AsyncHTTPTransport, verify=httpx2.create_ssl_context(), proxy=proxy
        )
        self._all: list[httpx2.AsyncHTTPTransport] = []
        self._idle: list[httpx2.AsyncHTTPTransport] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send, read the whole answer, and keep on the wire what came or went wrong."""
        seen = _wire.get()
        seen.on_way()
        seen.answer = seen.failure = None  # a redirect is a request of its own
        request.extensions = {**request.extensions, "trace": seen.note_step}
        if not self._idle:
            self._idle.append(self._new())
            self._all += self._idle
        inner = self._idle.pop()
        try:
            # here rather than around the client, which would be cut off before it could tell
            async with asyncio.timeout(self._timeout_s):
                response = await inner.handle_async_request(request)
                body = await _whole(response, self._most_bytes or MAX_REPLY_BYTES)
        except TimeoutError:
            seen.failure = httpx2.ReadTimeout(f"no answer within {self._timeout_s:g} s")
            raise seen.failure from None
        except Exception as error:
            seen.failure = error
            raise
        finally:
            self._idle.append(inner)
        seen.answer = self._without_key(response, body)
        return seen.answer

    def _without_key(self, response: httpx2.Response, body: bytes) -> httpx2.Response:
        headers = [(k, v) for k, v in response.headers.raw if k.lower() not in OUTDATED]
        for secret in self._secrets:
            body = body.replace(secret, HIDDEN)
            headers = [(name, value.replace(secret, HIDDEN)) for name, value in headers]
        return httpx2.Response(
            response.status_code, headers=headers, content=body, extensions=response.extensions
        )

    async def aclose(self) -> None:
        for inner in self._all:
            await inner.aclose()


async def _whole(response: httpx2.Response, most_bytes: int) -> bytes:
    """The decoded body; raises `ReplyTooLarge`."""
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > most_bytes:
                raise ReplyTooLarge(f"the reply is larger than {most_bytes} bytes")
    finally:
        await response.aclose()
    return bytes(body)
