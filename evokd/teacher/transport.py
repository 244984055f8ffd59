"""Under the chat client: reads the server's usage off the wire, and caps what a reply may weigh.

langchain-openai drops the usage of replies it can't make sense of (an error inside a 200, no
choices), but the server billed them all the same. So the body is read here, before it is parsed.
"""

from __future__ import annotations

import contextlib
import functools
import json
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpx2

from evokd.ledger.call import Usage

MAX_REPLY_BYTES = 8_000_000
BELIEVABLE = 10**9
"""Tokens; no request takes as many, so such a count is no count."""


class ReplyTooLarge(Exception):
    """The body outgrew the cap; the rest of it is not read."""


@dataclass(slots=True)
class Wire:
    """What was seen of one request's answer."""

    left: bool = False
    """The request began to go out; before that it can't have been billed."""
    usage: Usage | None = None
    body: bytes = b""
    on_way: Callable[[], None] = lambda: None
    """Called when the client has done its part and the transport takes over; more than once."""


_wire: ContextVar[Wire | None] = ContextVar("wire", default=None)


@contextlib.contextmanager
def watch() -> Iterator[Wire]:
    """Collect what the wire shows of the requests sent inside the block."""
    seen = Wire()
    token = _wire.set(seen)
    try:
        yield seen
    finally:
        _wire.reset(token)


async def note_answer(response: httpx2.Response) -> None:
    """Response hook: keep the body and its usage, whatever else it says."""
    seen = _wire.get()
    body = await response.aread()
    if seen is not None:
        seen.body, seen.usage = body, read_usage(body)


async def _note_leaving(event: str, info: dict[str, Any]) -> None:
    """Trace extension of the transport: what it does next, such as sending the first byte."""
    seen = _wire.get()
    if seen is None:
        return
    seen.on_way()
    if event.endswith("send_request_headers.started"):
        seen.left = True


def read_usage(body: bytes) -> Usage | None:
    """Usage in a chat completion's body; None when there is none, or none that counts."""
    try:
        usage = json.loads(body)["usage"]
        prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not _count(prompt) or not _count(completion):
        return None
    return Usage(
        prompt,
        completion,
        cached=_detail(usage, "prompt_tokens_details", "cached_tokens"),
        reasoning=_detail(usage, "completion_tokens_details", "reasoning_tokens"),
    )


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < BELIEVABLE


def _detail(usage: dict[str, Any], group: str, name: str) -> int:
    details = usage.get(group)
    value = details.get(name) if isinstance(details, dict) else None
    return value if isinstance(value, int) and _count(value) else 0


def proxy_for(url: str) -> str | None:
    """The environment's proxy for an address, if any.

    The client would send proxied requests around our transport, unseen and uncapped; so it is
    told to trust no environment, and our transport takes the proxy itself.
    """
    parts = urllib.parse.urlsplit(url)
    if not parts.hostname or urllib.request.proxy_bypass(parts.hostname):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


class CappedTransport(httpx2.AsyncBaseTransport):
    """The usual transport, with an end to what a reply may weigh.

    One for each request at a time, for the usual one asks the socket of every idle connection
    twice a request whether it still stands, which adds up where 16 or more take turns.
    """

    def __init__(self, proxy: str | None = None) -> None:
        self._new = functools.partial(
            httpx2.AsyncHTTPTransport, verify=httpx2.create_ssl_context(), proxy=proxy
        )
        self._all: list[httpx2.AsyncHTTPTransport] = []
        self._idle: list[httpx2.AsyncHTTPTransport] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send, note when the request leaves, and wrap the body."""
        request.extensions = {**request.extensions, "trace": _note_leaving}
        if not self._idle:
            self._idle.append(self._new())
            self._all += self._idle
        inner = self._idle.pop()
        try:
            response = await inner.handle_async_request(request)
        except BaseException:
            self._idle.append(inner)
            raise
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Capped(response.stream, lambda: self._idle.append(inner))
        return response

    async def aclose(self) -> None:
        for inner in self._all:
            await inner.aclose()


class _Capped(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, done: Callable[[], None]) -> None:
        self._inner, self._done = inner, done

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._inner:
            size += len(chunk)
            if size > MAX_REPLY_BYTES:
                raise ReplyTooLarge(f"the reply is larger than {MAX_REPLY_BYTES} bytes")
            yield chunk

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            self._done()
