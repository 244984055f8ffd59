"""Waiting for a change on one event loop, without a lock: whoever changes something wakes all."""

from __future__ import annotations

import asyncio


class Gate:
    """`wake` is not a coroutine, so it can run in a `finally` of a task that is being cancelled."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    async def wait(self) -> None:
        """Sleep until the next `wake`; the caller then looks again at what it waited for."""
        woken = asyncio.get_running_loop().create_future()
        self._waiting.add(woken)
        try:
            await woken
        finally:
            self._waiting.discard(woken)

    def wake(self) -> None:
        for woken in self._waiting:
            if not woken.done():
                woken.set_result(None)
