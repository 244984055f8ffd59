"""Waiting for a change on one event loop, without a lock: whoever changes something wakes all."""

from __future__ import annotations

import asyncio
import itertools


class Wakeup:
    """`wake` is not a coroutine, so it can run in a `finally` of a task that is being cancelled."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[None], None] = {}

    async def wait(self) -> None:
        """Sleep until woken; the caller then looks again at what it waited for."""
        woken = asyncio.get_running_loop().create_future()
        self._waiting[woken] = None
        try:
            await woken
        except asyncio.CancelledError:
            if woken.done() and not woken.cancelled():
                self.wake(1)  # it won't use the chance it was given
            raise
        finally:
            self._waiting.pop(woken, None)

    def wake(self, most: int | None = None) -> None:
        """Wake all, or the `most` that have waited longest: hundreds may wait for one place."""
        for woken in list(itertools.islice(self._waiting, most)):
            del self._waiting[woken]
            if not woken.done():
                woken.set_result(None)
