"""The making of a batch, which costs money, so it is done once.

Where the server did not say whether it made one, the batch is looked for by our key before it is
asked for again; a list may show it late, so it is looked for after that as well.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from evokd.teacher.batch.desk import BatchDesk
from evokd.teacher.batch.line import BatchLine
from evokd.teacher.batch.state import BatchState
from evokd.teacher.faults import Fault, Lost, Refused, StillOutDown, Unreached

TURNED_AWAY = frozenset({501, 503, 529})
"""Of the 5xx those that say that nothing was done."""
MAYBE = "a batch that may have been made"


class BatchMaking:
    """Of one batch."""

    def __init__(self, desk: BatchDesk, key: str, warn: Callable[[str], None]) -> None:
        """Args.

        desk: Of its endpoint.
        key: Our name for it.
        warn: Hears what a reader should know.
        """
        self._desk, self._key, self._warn = desk, key, warn
        self._unsure = False
        """There may be one already."""

    async def make(self, lines: Sequence[BatchLine]) -> BatchState:
        """Upload the lines and have a batch made of them.

        Raises:
            Fault: there is none.
            StillOutDown: nobody can tell whether there is one.
        """
        content = "".join(f"{line.to_json()}\n" for line in lines).encode()
        file = await self._desk.patiently(lambda: self._desk.api.upload(content))
        try:
            return await self._desk.patiently(lambda: self._once(file))
        except Fault as fault:
            if not self._unsure:
                raise
            return await self._after_all(fault)

    async def find(self) -> BatchState | None:
        """The batch with our key, if there is one.

        Raises:
            Fault: the server does not say.
        """
        return await self._desk.patiently(self._found)

    async def _once(self, file: str) -> BatchState:
        if self._unsure and (there := await self._found()) is not None:
            return there
        try:
            made = await self._desk.api.create(file, self._key, self._desk.settings.window)
        except Fault as fault:
            self._unsure = self._unsure or _may_be_made(fault)
            raise
        if self._unsure:
            with contextlib.suppress(Fault):
                return await self._found() or made
        return made

    async def _after_all(self, fault: Fault) -> BatchState:
        """The batch whose making was never answered well, or the fault."""
        try:
            there = await self.find()
        except Fault as also:
            raise StillOutDown(self._desk.unheard(MAYBE, also)) from also
        if there is None and isinstance(fault, Lost):
            raise StillOutDown(self._desk.unheard(MAYBE, fault)) from fault
        if there is None:
            raise fault
        return there

    async def _found(self) -> BatchState | None:
        """The batch with our key; were there several, all but one are stopped."""
        there = await self._desk.api.find(self._key)
        for double in there[1:]:
            self._warn(f"{double.id} was made twice: it is cancelled")
            with contextlib.suppress(Fault):  # it may have ended by now
                await self._desk.api.cancel(double.id)
        return there[0] if there else None


def _may_be_made(fault: Fault) -> bool:
    """Whether the server may have made a batch, though it did not say so."""
    if isinstance(fault, Refused):
        return fault.status >= 500 and fault.status not in TURNED_AWAY
    return not isinstance(fault, Unreached)
