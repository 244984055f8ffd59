"""A connection that does not wait for ever: uvicorn's, with a limit on heads, readers and numbers.

uvicorn gives up on idle connections alone. Here one whose request's head does not arrive in time is
closed (a slow client holds nothing but its own socket), as is one that does not take its answer,
and those above a number are turned away before anything is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from evokd.serving.limits import Limits

TURNED_AWAY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Type: application/json\r\nContent-Length: 33\r\n\r\n"
    b'{"error": "too many connections"}'
)


class Impatient(H11Protocol):
    """See the module's docstring; `impatient` fills in the two class attributes."""

    limits: Limits
    turned_away: Callable[[], None]
    head: asyncio.TimerHandle | None = None
    reader: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self.turned_away()
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
            self.transport.abort()


def impatient(limits: Limits, turned_away: Callable[[], None]) -> type[Impatient]:
    """The class of a server's connections.

    Args:
        limits: Of time and number.
        turned_away: Is told of each connection that is one too many.
    """
    attributes = {"limits": limits, "turned_away": staticmethod(turned_away)}
    return type("ImpatientHere", (Impatient,), attributes)
