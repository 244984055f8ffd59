"""The desk: the only place that spends tokens.

It looks into the journal, reserves budget, books the attempt, sends it, parses the reply, books
the end, and retries or repairs where that helps.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import tenacity

from evokd.config import Role
from evokd.ledger.budget import Budget, Hold, Limit
from evokd.ledger.call import Booking, Closing
from evokd.ledger.hop import Hop
from evokd.ledger.ledger import Ledger
from evokd.store.events import Budgeted, Called, Event, Misread, Replayed, Retried
from evokd.teacher.desk import Answer, Parse, Repair, T
from evokd.teacher.endpoint import Teacher
from evokd.teacher.faults import Fault, Garbled, Refused, TeacherDown, Unusable
from evokd.teacher.reply import Reply, whole
from evokd.teacher.request import Request
from evokd.teacher.tokens import count

ROW_STATUS = frozenset({400, 413, 422})
"""The server understood and won't do this one request; the next may be fine."""
LONGEST_BACKOFF_S = 30.0
KEPT_REPLY = 64_000
"""Characters of a reply that was no use that the books keep."""


@dataclass(slots=True)
class Books:
    """What all desks of a run share."""

    ledger: Ledger
    budget: Budget
    emit: Callable[[Event], None]
    seed: int
    repair_turns: int = 1
    backoff_s: float = 0.5
    """First wait after a fault without Retry-After; doubles up to 30 s, plus jitter."""
    in_flight: set[asyncio.Task[object]] = field(default_factory=set)
    told: set[tuple[Limit, str | None, bool]] = field(default_factory=set)
    """Limits that the trace has been told of: near, or reached."""

    async def drain(self) -> None:
        """Let the calls in flight end and close their rows; call it after every run."""
        while self.in_flight:
            await asyncio.gather(*self.in_flight, return_exceptions=True)

    def tell_budget(self, hop: Hop, limit: Limit, agent: str | None, reached: bool) -> None:
        """Tell the trace, once a process, that little of a limit is left, or nothing."""
        if (limit, agent, reached) in self.told:
            return
        self.told.add((limit, agent, reached))
        spent, allowed = self.budget.standing(limit, agent)
        self.emit(
            Budgeted(
                round=hop.round,
                node=hop.target,
                limit=limit,
                agent=agent,
                spent=round(spent, 6),
                allowed=allowed,
                reached=reached,
            )
        )

    def give_up(self) -> None:
        """Wait for no answer any more; the rows are closed as cancelled, with an estimate."""
        for call in self.in_flight:
            call.cancel()


class BookedDesk:
    """A desk for one execution of one node."""

    def __init__(self, books: Books, teachers: Sequence[Teacher], role: Role, hop: Hop) -> None:
        self._books, self._teachers, self._role, self._hop = books, teachers, role, hop
        self._abandoned = False
        self._away: set[asyncio.Task[object] | None] = set()
        """Calls whose request is with the server right now."""

    @property
    def directives(self) -> tuple[str | None, ...]:
        return tuple(teacher.config.directive for teacher in self._teachers)

    async def ask(
        self, request: Request, parse: Parse[T], repair: Repair | None = None
    ) -> Answer[T]:
        """See `Desk`. A cancelled asker leaves the request to finish, so that its row is closed.

        What has not left by then, a retry or a repair turn too, stays at home.
        """
        call = asyncio.create_task(self._answer(request, parse, repair))
        self._books.in_flight.add(call)
        call.add_done_callback(self._books.in_flight.discard)
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            self._abandoned = True
            if call not in self._away:
                call.cancel()
            raise

    async def _answer(self, request: Request, parse: Parse[T], repair: Repair | None) -> Answer[T]:
        turns = self._books.repair_turns if repair else 0
        for turn in range(turns + 1):
            try:
                return await self._ask_once(request, parse)
            except Unusable as error:
                again = turn < turns and repair is not None and error.reply is not None
                self._tell_misread(request, error, again)
                if not again or repair is None or error.reply is None:
                    raise
                request = request.after(error.reply, repair(str(error)), turn + 1)
        raise AssertionError("the last turn returns or raises")

    async def _ask_once(self, request: Request, parse: Parse[T]) -> Answer[T]:
        teacher = self._teachers[request.voter]
        request = _with_limits(request, teacher)
        seed = derive_seed(self._books.seed, self._hop, request)
        booking = self._booking(request, teacher, seed)
        found = self._books.ledger.replay(self._hop, booking)
        if found is not None:
            call, text = found
            hop, role = self._hop, self._role
            self._books.emit(
                Replayed(
                    round=hop.round,
                    node=hop.target,
                    call=call,
                    agent=role,
                    source=hop.source,
                    slot=request.slot,
                    task=hop.task,
                )
            )
            return Answer(parse(Reply.from_json(text)), call)
        try:
            return await self._with_retries(request, parse, teacher, seed, booking)
        except Refused as fault:
            if fault.status in ROW_STATUS:
                raise Unusable(str(fault)) from fault
            raise TeacherDown(_down(teacher, fault)) from fault
        except Garbled as fault:
            raise Unusable(str(fault)) from fault
        except Fault as fault:
            raise TeacherDown(_down(teacher, fault)) from fault

    async def _with_retries(
        self, request: Request, parse: Parse[T], teacher: Teacher, seed: int, booking: Booking
    ) -> Answer[T]:
        retrying = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(teacher.config.retries + 1),
            retry=tenacity.retry_if_exception(lambda e: isinstance(e, Fault) and e.retry),
            wait=self._wait,
            before_sleep=lambda state: self._tell_retry(state, request.slot),
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                number = attempt.retry_state.attempt_number
                booking = replace(booking, attempt=number)
                return await self._attempt(request, parse, teacher, seed, booking)
        raise AssertionError("tenacity returns or reraises")

    def _wait(self, state: tenacity.RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        if isinstance(fault, Fault) and fault.retry_after_s is not None:
            return fault.retry_after_s
        doubled = self._books.backoff_s * 2.0 ** (state.attempt_number - 1)
        return min(doubled, LONGEST_BACKOFF_S) * random.uniform(1, 1.25)

    def _tell_misread(self, request: Request, error: Unusable, again: bool) -> None:
        if error.call is None:  # a refused request: its attempt says so itself
            return
        self._books.emit(
            Misread(
                round=self._hop.round,
                node=self._hop.target,
                call=error.call,
                agent=self._role,
                slot=request.slot,
                task=self._hop.task,
                reason=whole(str(error))[:KEPT_REPLY],
                repair=again,
            )
        )

    def _tell_retry(self, state: tenacity.RetryCallState, slot: str) -> None:
        fault = state.outcome.exception() if state.outcome else None
        wait = state.next_action.sleep if state.next_action else 0.0
        self._books.emit(
            Retried(
                round=self._hop.round,
                node=self._hop.target,
                attempt=state.attempt_number,
                wait_s=wait,
                reason=str(fault),
                slot=slot,
                task=self._hop.task,
            )
        )

    async def _attempt(
        self, request: Request, parse: Parse[T], teacher: Teacher, seed: int, booking: Booking
    ) -> Answer[T]:
        if self._abandoned:
            raise asyncio.CancelledError
        books = self._books
        async with teacher.limiter.slot():
            # only now: the replies that came while it waited have taught the estimator
            prompt = request.prompt
            estimate = teacher.estimator.estimate(prompt.template_sha, prompt.messages)
            booking = replace(booking, prompt_estimate=estimate)
            need = booking.prompt_estimate + booking.max_tokens
            cost = booking.usd(booking.prompt_estimate, booking.max_tokens)
            hold = await books.budget.reserve(self._role, need, cost)
            self._away.add(asyncio.current_task())
            call = books.ledger.open(self._hop, booking)
            started = time.monotonic()
            closing = Closing("cancelled")
            try:
                reply = await teacher.send(request, seed)
                closing = _received(reply)
                teacher.limiter.succeeded()
                value = parse(reply)
                closing = replace(closing, status="ok", reply=reply.to_json())
                return Answer(value, call)
            except Unusable as error:
                closing = replace(closing, status="rejected", error=whole(str(error))[:KEPT_REPLY])
                error.reply, error.call = closing.text, call
                raise
            except Fault as fault:
                closing = fault.closing()
                if isinstance(fault, Refused) and fault.overloaded:
                    teacher.limiter.refused(started, fault.retry_after_s)
                raise
            except Exception as error:  # a bug of ours: the row is closed, the run ends
                closing = replace(closing, error=f"{type(error).__name__}: {whole(str(error))}")
                raise
            finally:
                self._away.discard(asyncio.current_task())
                seconds = time.monotonic() - started
                self._close(call, hold, closing, request, booking, seconds)

    def _close(
        self,
        call: str,
        hold: Hold,
        closing: Closing,
        request: Request,
        booking: Booking,
        seconds: float,
    ) -> None:
        """Close the row, settle the budget, learn from the usage, tell the trace."""
        prompt, completion = self._books.ledger.close(call, booking, closing)
        left = 0 if closing.status == "unsent" else 1
        self._books.budget.settle(
            hold, prompt + completion, booking.usd(prompt, completion), calls=left
        )
        for limit, agent in self._books.budget.low(self._role):
            self._books.tell_budget(self._hop, limit, agent, False)
        messages = request.prompt.messages
        if closing.usage is not None and closing.usage.prompt:
            estimator = self._teachers[request.voter].estimator
            estimator.learn(booking.template_sha, messages, closing.usage.prompt)
        self._books.emit(
            Called(
                round=self._hop.round,
                node=self._hop.target,
                call=call,
                agent=self._role,
                source=self._hop.source,
                model=booking.model,
                slot=booking.slot,
                attempt=booking.attempt,
                status=closing.status,
                template=booking.template,
                template_sha=booking.template_sha,
                messages=[(message.role, message.content) for message in messages],
                reply=closing.text,
                error=closing.error,
                prompt_tokens=prompt,
                completion_tokens=completion,
                seconds=round(seconds, 4),
                task=self._hop.task,
                prompt_sha=booking.prompt_sha,
                estimated=closing.usage is None and left > 0,
                usd=booking.usd(prompt, completion),
                voter=booking.voter,
                directive=self._teachers[request.voter].config.directive,
            )
        )

    def _booking(self, request: Request, teacher: Teacher, seed: int) -> Booking:
        prompt = request.prompt
        return Booking(
            agent=self._role,
            model=teacher.config.title,
            voter=request.voter,
            slot=request.slot,
            attempt=1,
            template=prompt.template,
            template_sha=prompt.template_sha,
            prompt_sha=request.sha(teacher.config.title, seed),
            prompt_estimate=0,
            max_tokens=request.max_tokens,
            price=teacher.config.price,
        )


def derive_seed(run_seed: int, hop: Hop, request: Request) -> int:
    """A seed of its own for every call, the same in every run with the same seed."""
    parts = (run_seed, hop.round, hop.target, request.voter, request.slot)
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big") >> 1


def _with_limits(request: Request, teacher: Teacher) -> Request:
    """What the config says of an endpoint outranks what the prompt pack says."""
    config = teacher.config
    return replace(
        request,
        temperature=request.temperature if config.temperature is None else config.temperature,
        max_tokens=config.max_tokens or request.max_tokens,
    )


def _received(reply: Reply) -> Closing:
    return Closing(
        "rejected",
        usage=reply.usage,
        completion_estimate=None if reply.usage else count(reply.text),
        text=whole(reply.text)[:KEPT_REPLY],
    )


def _down(teacher: Teacher, fault: Fault) -> str:
    where = teacher.config.base_url or teacher.config.title
    return f"{where}: {fault}"
