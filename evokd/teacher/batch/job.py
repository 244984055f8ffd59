"""One batch, from its file to its answers.

Whatever may cost money is done once: a batch whose making was not answered is looked for by its key
before it is asked for again, and one that an earlier process made is only asked after.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import tenacity

from evokd.config import BatchConfig, Endpoint
from evokd.store.events import Batched, Listener, Warned
from evokd.teacher.batch.answers import BatchAnswers, LineAnswer
from evokd.teacher.batch.api import NO_SUCH, BatchApi
from evokd.teacher.batch.failed import of_a_failed
from evokd.teacher.batch.line import BatchLine
from evokd.teacher.batch.records import BatchRecords, RecordedBatch
from evokd.teacher.batch.state import BatchState
from evokd.teacher.faults import (
    LONGEST_WAIT_S,
    Fault,
    Lost,
    NotDone,
    Refused,
    StillOutDown,
    Unreached,
    Unsent,
)
from evokd.teacher.retrying import retrying

GONE = frozenset({404, 410})
TURNED_AWAY = frozenset({501, 503, 529})
"""Of the 5xx those that say that nothing was done."""
SOONER = 16
"""The first look comes after this part of `poll_s`; each wait is twice the one before."""
LATER = 16
"""Times `poll_s`: the longest wait after faults."""
STEPS = 10
"""Times at most that the trace is told how much of a batch is done."""
OVERDUE_S = 26 * 3600
"""Seconds after which nobody waits for a batch that should have ended, or expired."""
Answered = dict[str, LineAnswer]
"""By call; whoever asked takes its answer out."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BatchDesk:
    """What all batches of an endpoint work with."""

    config: Endpoint
    settings: BatchConfig
    api: BatchApi
    records: BatchRecords
    tell: Listener

    async def patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask again where that may help, as often as the endpoint's `retries` say.

        Raises:
            Fault: the last one.
        """
        wait_s = self.settings.poll_s / SOONER
        async for attempt in retrying(self.config.retries, wait_s, _tell_nobody):
            with attempt:
                return await ask()
        raise AssertionError("tenacity returns or reraises")


class BatchJob:
    """One batch."""

    def __init__(self, desk: BatchDesk, key: str, node: str, round_number: int) -> None:
        """Args.

        desk: Of its endpoint.
        key: Our name for it.
        node: Who asks, or the first of them.
        round_number: When.
        """
        self._desk, self._key, self._node, self._round = desk, key, node, round_number

    async def run(self, lines: Sequence[BatchLine]) -> Answered:
        """Have a batch made of some lines, wait for it, and give what came of each.

        Raises:
            StillOutDown: it can't be asked after; it may yet be done.
        """
        calls = tuple(line.call for line in lines)
        records = self._desk.records
        records.plan(self._key, self._desk.config.title, calls)
        content = "".join(f"{line.to_json()}\n" for line in lines).encode()
        try:
            file = await self._desk.patiently(lambda: self._desk.api.upload(content))
            state = await self._made(file)
        except Fault as fault:
            records.drop(self._key)
            return {call: Unsent(self._not_made(fault)) for call in calls}
        records.made(self._key, state.id)
        return await self._answered(state, calls)

    async def take_up(self, recorded: RecordedBatch) -> Answered | None:
        """Go on with a batch of an earlier process; None: it was never made.

        Raises:
            StillOutDown: as `run`.
        """
        desk = self._desk
        try:
            if recorded.batch is None:
                state = await self._found()
            else:
                name = recorded.batch
                state = await desk.patiently(lambda: desk.api.look(name))
        except Fault as fault:
            if recorded.batch is not None and _is_gone(fault):
                return _all(recorded.calls, f"{recorded.batch} is not known any more ({fault})")
            raise StillOutDown(self._unheard(recorded.batch or "a batch", fault)) from fault
        if state is None:
            desk.records.drop(self._key)
            return None
        if recorded.batch is None:
            desk.records.made(self._key, state.id)
        return await self._answered(state, recorded.calls)

    async def _made(self, file: str) -> BatchState:
        """The batch, made once: where no answer came, it is looked for before the next try.

        Raises:
            Fault: it was not made.
            StillOutDown: nobody can tell.
        """
        desk = self._desk
        unsure = False

        async def create() -> BatchState:
            nonlocal unsure
            if unsure and (there := await self._found_once()) is not None:
                return there
            try:
                return await desk.api.create(file, self._key, desk.settings.window)
            except Fault as fault:
                unsure = unsure or _may_be_made(fault)
                raise

        try:
            return await desk.patiently(create)
        except Fault as fault:
            if not unsure:
                raise
            try:
                there = await self._found()
            except Fault as also:
                raise StillOutDown(self._unheard("a batch that may have been made", also)) from also
            if there is None:
                raise
            self._warn(f"the answer to the making of {there.id} was lost ({fault}); it was found")
            return there

    async def _found(self) -> BatchState | None:
        return await self._desk.patiently(self._found_once)

    async def _found_once(self) -> BatchState | None:
        """The batch with our key; were there several, all but one are stopped."""
        there = await self._desk.api.find(self._key)
        for double in there[1:]:
            self._warn(f"{double.id} was made twice: it is cancelled")
            with contextlib.suppress(Fault):  # it may have ended by now
                await self._desk.api.cancel(double.id)
        return there[0] if there else None

    async def _answered(self, begun: BatchState, calls: Sequence[str]) -> Answered:
        state = await self._ended(begun, len(calls))
        if state is None:
            return _all(calls, f"the server does not know {begun.id} any more")
        answers = BatchAnswers(frozenset(calls))
        for file in (state.output_file, state.error_file):
            if file is not None:
                answers.read(await self._content(state, file))
        for what, lines in answers.odd.items():
            self._warn(f"{state.id}: {lines} {what}: passed over")
        found = answers.found
        for number, call in enumerate(calls, 1):
            if call not in found:
                found[call] = self._unanswered(state, number)
        self._desk.records.end(self._key, state.status)
        return found

    async def _ended(self, state: BatchState, requests: int) -> BatchState | None:
        """The batch once it has ended; None: its server has lost it.

        Raises:
            StillOutDown: its server can't be asked any more.
        """
        desk = self._desk
        most = desk.settings.poll_s
        wait, faults, told = most / SOONER, 0, ""
        began = time.monotonic()
        while True:
            if (now := _progress(state, requests)) != told:
                told = now
                self._tell(state, requests)
            if state.ended:
                return state
            if time.monotonic() - began > OVERDUE_S:
                late = Lost(f"it is {state.status} after {OVERDUE_S // 3600} hours")
                raise StillOutDown(self._unheard(state.id, late))
            await asyncio.sleep(wait)
            try:
                state = await desk.api.look(state.id)
                wait, faults = min(2 * wait, most), 0
            except Fault as fault:
                if _is_gone(fault):
                    return None
                faults += 1
                if faults > desk.config.retries or not fault.retry:
                    raise StillOutDown(self._unheard(state.id, fault)) from fault
                wait = max(min(2 * wait, LATER * most), fault.retry_after_s or 0)

    async def _content(self, state: BatchState, file: str) -> bytes:
        """A file of the batch; one that is gone has no lines."""
        try:
            return await self._desk.patiently(lambda: self._desk.api.content(file))
        except Fault as fault:
            if _is_gone(fault):
                self._warn(f"{state.id}: its file {file} is gone ({fault})")
                return b""
            raise StillOutDown(self._unheard(state.id, fault)) from fault

    def _unanswered(self, state: BatchState, number: int) -> LineAnswer:
        """What to think of a line that stands in no file of the batch."""
        if state.status == "failed":
            later_s = min(LATER * self._desk.settings.poll_s, LONGEST_WAIT_S)
            return of_a_failed(state, number, later_s)
        if state.status == "expired":
            return NotDone(f"{state.id} expired before the server came to this request")
        if state.status == "cancelled":
            said = f"{state.id} was cancelled; `evokd resume` asks anew for what it had not done"
            return NotDone(said, retry=False)
        return Lost(f"{state.id} is done, and no file of it tells of this request")

    def _tell(self, state: BatchState, requests: int) -> None:
        self._desk.tell(
            Batched(
                round=self._round,
                node=self._node,
                batch=state.id,
                model=self._desk.config.title,
                status=state.status,
                requests=requests,
                done=min(state.done, requests),
                failed=min(state.failed, requests),
            )
        )

    def _warn(self, text: str) -> None:
        self._desk.tell(Warned(round=self._round, node=self._node, text=text))

    def _not_made(self, fault: Fault) -> str:
        if isinstance(fault, Refused) and fault.status in NO_SUCH:
            return f"the server seems to have no Batch API: leave `batch` out ({fault})"
        return f"no batch could be made ({fault})"

    def _unheard(self, batch: str, fault: Fault) -> str:
        where = self._desk.config.base_url or self._desk.config.title
        return (
            f"{where}: {batch} can't be asked after ({fault}); what is in it stays open in the"
            " books, and `evokd resume` asks again"
        )


def _progress(state: BatchState, requests: int) -> str:
    done = min(state.done + state.failed, requests)
    return f"{state.status} {done * STEPS // max(1, requests)}"


def _may_be_made(fault: Fault) -> bool:
    """Whether the server may have made a batch, though it did not say so."""
    if isinstance(fault, Refused):
        return fault.status >= 500 and fault.status not in TURNED_AWAY
    return not isinstance(fault, Unreached)


def _is_gone(fault: Fault) -> bool:
    return isinstance(fault, Refused) and fault.status in GONE


def _all(calls: Sequence[str], reason: str) -> Answered:
    return {call: Lost(reason) for call in calls}


def _tell_nobody(state: tenacity.RetryCallState) -> None:
    """Of a look that is repeated nobody needs to hear."""
