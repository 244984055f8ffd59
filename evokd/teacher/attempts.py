"""One attempt of a call: its budget reserved, its row opened, the request sent, the row closed.

The row is opened before the request leaves and closed whatever becomes of it, so that the books
hold what the server saw.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import replace

from evokd.config import Role
from evokd.ledger.budget import BudgetReached, Hold
from evokd.ledger.call import CallEnd, CallStart
from evokd.ledger.edge import Edge
from evokd.teacher.call_events import called, mended, metadata
from evokd.teacher.client import Answer, Parse, T
from evokd.teacher.empty_reply import parsed
from evokd.teacher.endpoint import Teacher
from evokd.teacher.faults import Fault, GivenUp, Refused, StillOut, StillOutDown, Unusable
from evokd.teacher.metering import Metering
from evokd.teacher.reply import Reply, whole
from evokd.teacher.request import Request
from evokd.teacher.tokens import count

SEPARATOR = "\n\n⋯\n\n"
"""Between the completions of one request, where people look at them."""
KEPT_REPLY = 64_000
"""Characters of a reply that was no use that the books keep."""


class Attempts:
    """The attempts of one execution of one node."""

    def __init__(self, metering: Metering, role: Role, edge: Edge) -> None:
        self._metering, self._role, self._edge = metering, role, edge
        self.abandoned = False
        """Nobody waits for an answer any more: no further attempt leaves."""
        self.away: set[asyncio.Task[object] | None] = set()
        """Calls whose request is with the server right now."""

    async def make(
        self, request: Request, parse: Parse[T], teacher: Teacher, seed: int, start: CallStart
    ) -> Answer[T]:
        """Reserve, book, send, read, close.

        Raises:
            BudgetReached: before anything left.
            Unusable: the reply is no use.
            Fault: there is none.
        """
        if self.abandoned:
            raise asyncio.CancelledError
        async with self._metering.trial(self._role).place(teacher.limiter):
            # only now: the replies that came while it waited have taught the estimator
            prompt = request.prompt
            estimate = teacher.estimator.estimate(prompt.template_sha, prompt.messages)
            start = replace(start, prompt_estimate=estimate)
            asked = start.max_tokens
            call, hold, start = await self._opened(start, teacher)
            request = replace(request, max_tokens=start.max_tokens // request.n)
            self.away.add(asyncio.current_task())
            started = time.monotonic()
            end, stays_open = CallEnd("cancelled"), False
            reply: Reply | None = None
            try:
                reply = await teacher.send(request, seed, metadata(self._edge, call, start))
                end = _received(reply)
                teacher.limiter.succeeded()
                value = parsed(parse, reply)
                end = replace(end, status="ok", reply=reply.to_json())
                return Answer(value, call)
            except Unusable as error:
                end = replace(end, status="rejected", error=whole(str(error))[:KEPT_REPLY])
                error.call = call
                if reply is not None:
                    error.reply, error.finish_reason = whole(reply.text)[:KEPT_REPLY], _ended(reply)
                raise
            except Fault as fault:
                end = fault.call_end()
                if isinstance(fault, Refused) and fault.overloaded:
                    teacher.limiter.refused(started, fault.retry_after_s)
                raise
            except (GivenUp, StillOut, StillOutDown) as parting:
                left = parting.call_end()
                end, stays_open = left or end, left is None
                raise
            except Exception as error:  # a bug of ours: the row is closed, the run ends
                end = replace(end, error=f"{type(error).__name__}: {whole(str(error))}")
                raise
            finally:
                self.away.discard(asyncio.current_task())
                if not stays_open:
                    seconds = time.monotonic() - started
                    came = self._close(call, hold, end, request, start, teacher, seconds)
                    if end.status == "ok" and reply is not None:
                        teacher.estimator.learn_length(start.template_sha, came / asked)
                        self._tell_mended(request, call, reply)

    def _tell_mended(self, request: Request, call: str, reply: Reply) -> None:
        if reply.mended:
            self._metering.emit(mended(self._edge, self._role, request, call, reply.mended))

    async def _opened(self, start: CallStart, teacher: Teacher) -> tuple[str, Hold, CallStart]:
        """A row, its reservation, and what the row says.

        A batch outlives its process: what another one has left open is taken up, not asked anew.

        Raises:
            BudgetReached: there is none, and no room for one.
        """
        ledger, budget = self._metering.ledger, self._metering.budget
        if teacher.config.batch is not None:
            left = ledger.left_open(self._edge, start)
            if left is not None:
                call, start = left
                most = start.amounts(start.prompt_estimate, start.max_tokens)
                return call, budget.take_up(self._role, most), start
        hold, start = await self._reserve(start, teacher)
        return ledger.open(self._edge, start), hold, start

    async def _reserve(self, start: CallStart, teacher: Teacher) -> tuple[Hold, CallStart]:
        """Room for the longest reply asked for; near the end of a budget for the longest one seen.

        Raises:
            BudgetReached: neither fits.
        """
        budget, shorter = self._metering.budget, teacher.estimator.longest(start.template_sha)
        try:
            most = start.amounts(start.prompt_estimate, start.max_tokens)
            return await budget.reserve(self._role, most), start
        except BudgetReached:
            limit = math.ceil(start.max_tokens * shorter) if shorter is not None else None
            if limit is None or limit >= start.max_tokens:
                raise
            start = replace(start, max_tokens=limit)
            most = start.amounts(start.prompt_estimate, start.max_tokens)
            return await budget.reserve(self._role, most), start

    def _close(
        self,
        call: str,
        hold: Hold,
        end: CallEnd,
        request: Request,
        start: CallStart,
        teacher: Teacher,
        seconds: float,
    ) -> int:
        """Close the row, settle the budget, learn from the usage, tell the trace.

        Returns the completion's tokens.
        """
        prompt, completion = self._metering.ledger.close(call, start, end)
        left = 0 if end.status == "unsent" else 1
        cached = end.usage.cached if end.usage else 0
        self._metering.budget.settle(hold, start.amounts(prompt, completion, left, cached))
        for limit, agent in self._metering.budget.low(self._role):
            self._metering.tell_budget(self._edge, limit, agent, False)
        messages = request.prompt.messages
        if end.usage is not None and end.usage.prompt:
            estimator = teacher.estimator
            estimator.learn(start.template_sha, messages, end.usage.prompt)
        directive = teacher.config.directive
        told = called(self._edge, call, request, start, end, (prompt, completion), seconds)
        self._metering.emit(told.model_copy(update={"directive": directive}))
        return completion


def _received(reply: Reply) -> CallEnd:
    return CallEnd(
        "rejected",
        usage=reply.usage,
        completion_estimate=None
        if reply.usage
        else sum(count(choice.reasoning) + count(choice.text) for choice in reply.choices),
        counted=reply.counted,
        # what was thought, where nothing was said: people look to see why
        text=whole(SEPARATOR.join(c.text or c.reasoning for c in reply.choices))[:KEPT_REPLY],
    )


def _ended(reply: Reply) -> str:
    """How a reply ended; of several completions, whether one was cut off."""
    reasons = [choice.finish_reason for choice in reply.choices]
    return "length" if "length" in reasons else reasons[0]
