"""A connection that does not wait for ever: uvicorn's, with a limit on heads, readers and numbers.

uvicorn gives up on idle connections alone. Here one whose request's head does not arrive in time is
told so and closed (a slow client holds nothing but its own socket), one that does not take its
answer is dropped, and those above a number are turned away before anything is read.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from evokd.serving.limits import Limits


def _last_words(status: str, message: str) -> bytes:
    """An answer after which the connection is closed."""
    body = json.dumps({"error": message})
    head = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/json\r\n"
    return f"{head}Retry-After: 1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


TURNED_AWAY = _last_words("503 Service Unavailable", "too many connections")
TOO_SLOW = _last_words("408 Request Timeout", "the request did not arrive in time")


class Impatient(H11Protocol):
    """See the module's docstring; `impatient` fills in the two class attributes."""

    limits: Limits
    refused: Callable[[str], None]
    head: asyncio.TimerHandle | None = None
    reader: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self.refused("503")
            transport.write(TURNED_AWAY)
            transport.close()
        else:
            self._expect_head()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._is_idle:
            self._expect_head()
        else:
            self._forget_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_head()
        self._forget_reader()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.reader = self.loop.call_later(self.limits.receive_s, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._forget_reader()

    @property
    def _is_idle(self) -> bool:
        """Whether no request is being worked on."""
        return self.cycle is None or self.cycle.response_complete

    def _expect_head(self) -> None:
        if self.head is None:
            self.head = self.loop.call_later(self.limits.receive_s, self._too_slow)

    def _forget_head(self) -> None:
        if self.head is not None:
            self.head.cancel()
        self.head = None

    def _forget_reader(self) -> None:
        if self.reader is not None:
            self.reader.cancel()
        self.reader = None

    def _too_slow(self) -> None:
        self.head = None
        if self._is_idle and not self.transport.is_closing():
            self.refused("408")
            self.transport.write(TOO_SLOW)
            self.transport.close()


def impatient(limits: Limits, refused: Callable[[str], None]) -> type[Impatient]:
    """The class of a server's connections.

    Args:
        limits: Of time and number.
        refused: Is told of each connection that got no further, by the status it was told.
    """
    attributes = {"limits": limits, "refused": staticmethod(refused)}
    return type("ImpatientHere", (Impatient,), attributes)
