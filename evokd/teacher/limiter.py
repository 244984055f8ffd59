"""How many requests an endpoint gets at once: additive increase, multiplicative decrease."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

from evokd.ledger.wakeup import Wakeup


class Limiter:
    """At most `limit` requests in flight; a 429 halves the limit, success grows it back.

    While the server asked for a pause (Retry-After) nobody starts, not only the request it told.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.limit = float(most)
        self.in_flight = 0
        self._clock = clock
        self._resume_at = 0.0
        self._cut_at = -1.0
        self._gate = Wakeup()

    @property
    def free(self) -> int:
        """Places that are not taken."""
        return max(1, int(self.limit)) - self.in_flight

    @contextlib.asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place, hold it."""
        while True:
            pause = self._resume_at - self._clock()
            if pause > 0:
                await asyncio.sleep(pause)
            elif self.free <= 0:
                await self._gate.wait()
            else:
                break
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1
            self._gate.wake(max(0, self.free))

    def succeeded(self) -> None:
        """One request more a round trip, as TCP does it."""
        self.limit = min(float(self.most), self.limit + 1 / max(1.0, self.limit))

    def cut_to(self, limit: int) -> None:
        """The server can't take more at once."""
        self.limit = max(1.0, min(self.limit, float(limit)))
        self._cut_at = self._clock()

    def refused(self, started: float, retry_after_s: float | None) -> None:
        """A 429. Those sent before the last cut are answers to the old limit: cut once for all."""
        if started > self._cut_at:
            self.limit = max(1.0, self.limit / 2)
            self._cut_at = self._clock()
        if retry_after_s:
            self._resume_at = max(self._resume_at, self._clock() + retry_after_s)
