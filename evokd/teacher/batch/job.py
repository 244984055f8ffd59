"""One batch, from its lines to its answers; also one that an earlier process has made."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from evokd.store.events import Batched, Warned
from evokd.teacher.batch.answers import BatchAnswers, LineAnswer
from evokd.teacher.batch.api import NO_SUCH
from evokd.teacher.batch.desk import SOONER, BatchDesk
from evokd.teacher.batch.failed import of_a_failed
from evokd.teacher.batch.line import BatchLine
from evokd.teacher.batch.making import BatchMaking
from evokd.teacher.batch.records import RecordedBatch
from evokd.teacher.batch.state import BatchState
from evokd.teacher.faults import (
    LONGEST_WAIT_S,
    Fault,
    Lost,
    NotDone,
    Refused,
    StillOutDown,
    Unsent,
)

GONE = frozenset({404, 410})
LATER = 16
"""Times `poll_s`: the longest wait after faults."""
STEPS = 10
"""Times at most that the trace is told how much of a batch is done."""
OVERDUE_S = 26 * 3600
"""Seconds after which nobody waits for a batch that should have ended, or expired."""
Answered = dict[str, LineAnswer]
"""By call; whoever asked takes its answer out."""


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
        self._making = BatchMaking(desk, key, self._warn)

    async def run(self, lines: Sequence[BatchLine]) -> Answered:
        """Have a batch made of some lines, wait for it, and give what came of each.

        Raises:
            StillOutDown: it can't be asked after; it may yet be done.
        """
        calls = tuple(line.call for line in lines)
        records = self._desk.records
        records.plan(self._key, self._desk.config.title, calls)
        try:
            state = await self._making.make(lines)
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
                state = await self._making.find()
            else:
                name = recorded.batch
                state = await desk.patiently(lambda: desk.api.look(name))
        except Fault as fault:
            if recorded.batch is not None and _is_gone(fault):
                return _all(recorded.calls, f"{recorded.batch} is not known any more ({fault})")
            raise StillOutDown(self._desk.unheard(recorded.batch or "a batch", fault)) from fault
        if state is None:
            desk.records.drop(self._key)
            return None
        if recorded.batch is None:
            desk.records.made(self._key, state.id)
        return await self._answered(state, recorded.calls)

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
                raise StillOutDown(self._desk.unheard(state.id, late))
            await asyncio.sleep(wait)
            try:
                state = await desk.api.look(state.id)
                wait, faults = min(2 * wait, most), 0
            except Fault as fault:
                if _is_gone(fault):
                    return None
                faults += 1
                if faults > desk.config.retries or not fault.retry:
                    raise StillOutDown(self._desk.unheard(state.id, fault)) from fault
                wait = max(min(2 * wait, LATER * most), fault.retry_after_s or 0)

    async def _content(self, state: BatchState, file: str) -> bytes:
        """A file of the batch; one that is gone has no lines."""
        try:
            return await self._desk.patiently(lambda: self._desk.api.content(file))
        except Fault as fault:
            if _is_gone(fault):
                self._warn(f"{state.id}: its file {file} is gone ({fault})")
                return b""
            raise StillOutDown(self._desk.unheard(state.id, fault)) from fault

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


def _progress(state: BatchState, requests: int) -> str:
    done = min(state.done + state.failed, requests)
    return f"{state.status} {done * STEPS // max(1, requests)}"


def _is_gone(fault: Fault) -> bool:
    return isinstance(fault, Refused) and fault.status in GONE


def _all(calls: Sequence[str], reason: str) -> Answered:
    return {call: Lost(reason) for call in calls}
