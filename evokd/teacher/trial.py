"""A role on trial: until one reply to it could be used, it may be that none ever can.

A server that refuses a parameter refuses it in every request, and a model that writes no JSON
writes none in the next reply either. So once the first calls of an endpoint came to nothing, its
others wait for those that have left. One usable reply lets all of them go. Where there is none, and
no other endpoint of the role does better, the role is silent: the run ends as failed, after a few
calls instead of a whole budget.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator

from evokd.config import Role
from evokd.ledger.wakeup import Wakeup
from evokd.teacher.faults import RoleSilent
from evokd.teacher.limiter import Limiter

FIRST_CALLS = 5
"""Calls of an endpoint, repair turns not counted, that must have come to nothing: a model that is
right in one call of two is thought silent once in 32 runs."""


class Trial:
    """What became of one role's calls in this process. A call belongs to the task that makes it."""

    def __init__(self, role: Role, *, passed: bool) -> None:
        """Args.

        role: Whose calls.
        passed: A reply could be used before; or nobody wants to know.
        """
        self._role, self._passed = role, passed
        self._voters: dict[asyncio.Task[object] | None, int] = {}
        """Calls that have not ended, with their endpoint."""
        self._left: set[asyncio.Task[object] | None] = set()
        """Those of them whose request has left."""
        self._failed: Counter[int] = Counter()
        self._last = ""
        self._gate = Wakeup()

    @contextlib.contextmanager
    def call(self, voter: int) -> Iterator[None]:
        """A call, from before its request leaves until its last repair turn has ended.

        Args:
            voter: Position of the endpoint among those of the role.
        """
        task = asyncio.current_task()
        self._voters[task] = voter
        try:
            yield
        finally:
            self._voters.pop(task, None)
            self._left.discard(task)
            if self._silent:
                self._gate.wake()

    def succeeded(self) -> None:
        """The present call's reply could be used; or one of an earlier process."""
        self._passed = True
        self._gate.wake()

    def failed(self, reason: str) -> None:
        """The present call came to nothing.

        Raises:
            RoleSilent: as all others did.
        """
        task = asyncio.current_task()
        self._failed[self._voters.pop(task)] += 1
        self._left.discard(task)
        self._last = reason
        self._refuse_if_silent()

    @contextlib.asynccontextmanager
    async def place(self, limiter: Limiter) -> AsyncIterator[None]:
        """A place for the present call; it waits without one while the endpoint may be no use.

        Raises:
            RoleSilent: it is no use.
        """
        while True:
            while self._waits:
                self._refuse_if_silent()
                await self._gate.wait()
            async with limiter.place():
                if not self._waits:
                    self._left.add(asyncio.current_task())
                    yield
                    return

    @property
    def _waits(self) -> bool:
        task = asyncio.current_task()
        return not self._passed and task not in self._left and self._tried(self._voters[task])

    def _tried(self, voter: int) -> bool:
        return self._failed[voter] >= FIRST_CALLS

    @property
    def _silent(self) -> bool:
        if self._passed or self._left or not any(map(self._tried, self._failed)):
            return False
        return all(map(self._tried, self._voters.values()))

    def _refuse_if_silent(self) -> None:
        if self._silent:
            self._gate.wake()
            raise RoleSilent(
                f"{self._role}: none of its first {self._failed.total()} calls could be used;"
                f" the last: {self._last}"
            )
