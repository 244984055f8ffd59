"""The metered client: the only place that spends tokens.

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

from evokd.config import Limit, Role
from evokd.ledger.budget import Budget, Hold
from evokd.ledger.call import CallEnd, CallStart
from evokd.ledger.edge import Edge
from evokd.ledger.ledger import Ledger
from evokd.store.events import Budgeted, Called, Event, Misread, Replayed, Retried
from evokd.teacher.client import Answer, Parse, Repair, T
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
class Metering:
    """What all clients of a run share."""

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

    def tell_budget(self, edge: Edge, limit: Limit, agent: str | None, reached: bool) -> None:
        """Tell the trace, once a process, that little of a limit is left, or nothing."""
        if (limit, agent, reached) in self.told:
            return
        self.told.add((limit, agent, reached))
        spent, allowed = self.budget.standing(limit, agent)
        self.emit(
            Budgeted(
                round=edge.round,
                node=edge.target,
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


class MeteredClient:
    """A client for one execution of one node."""

    def __init__(
        self, metering: Metering, teachers: Sequence[Teacher], role: Role, edge: Edge
    ) -> None:
        self._metering, self._teachers, self._role, self._edge = metering, teachers, role, edge
        self._abandoned = False
        self._away: set[asyncio.Task[object] | None] = set()
        """Calls whose request is with the server right now."""

    @property
    def directives(self) -> tuple[str | None, ...]:
        return tuple(teacher.config.directive for teacher in self._teachers)

    async def ask(
        self, request: Request, parse: Parse[T], repair: Repair | None = None
    ) -> Answer[T]:
        """See `LLMClient`. A cancelled asker leaves the request to finish: its row is closed.

        What has not left by then, a retry or a repair turn too, stays at home.
        """
        call = asyncio.create_task(self._answer(request, parse, repair))
        self._metering.in_flight.add(call)
        call.add_done_callback(self._metering.in_flight.discard)
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            self._abandoned = True
            if call not in self._away:
                call.cancel()
            raise

    async def _answer(self, request: Request, parse: Parse[T], repair: Repair | None) -> Answer[T]:
        turns = self._metering.repair_turns if repair else 0
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
        seed = derive_seed(self._metering.seed, self._edge, request)
        start = self._call_start(request, teacher, seed)
        found = self._metering.ledger.replay(self._edge, start)
        if found is not None:
            call, text = found
            edge, role = self._edge, self._role
            self._metering.emit(
                Replayed(
                    round=edge.round,
                    node=edge.target,
                    call=call,
                    agent=role,
                    source=edge.source,
                    slot=request.call_key,
                    task=edge.task,
                )
            )
            return Answer(parse(Reply.from_json(text)), call)
        try:
            return await self._with_retries(request, parse, teacher, seed, start)
        except Refused as fault:
            if fault.status in ROW_STATUS:
                raise Unusable(str(fault)) from fault
            raise TeacherDown(_down(teacher, fault)) from fault
        except Garbled as fault:
            raise Unusable(str(fault)) from fault
        except Fault as fault:
            raise TeacherDown(_down(teacher, fault)) from fault

    async def _with_retries(
        self, request: Request, parse: Parse[T], teacher: Teacher, seed: int, start: CallStart
    ) -> Answer[T]:
        retrying = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(teacher.config.retries + 1),
            retry=tenacity.retry_if_exception(lambda e: isinstance(e, Fault) and e.retry),
            wait=self._wait,
            before_sleep=lambda state: self._tell_retry(state, request.call_key),
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                number = attempt.retry_state.attempt_number
                start = replace(start, attempt=number)
                return await self._attempt(request, parse, teacher, seed, start)
        raise AssertionError("tenacity returns or reraises")

    def _wait(self, state: tenacity.RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        if isinstance(fault, Fault) and fault.retry_after_s is not None:
            return fault.retry_after_s
        doubled = self._metering.backoff_s * 2.0 ** (state.attempt_number - 1)
        return min(doubled, LONGEST_BACKOFF_S) * random.uniform(1, 1.25)

    def _tell_misread(self, request: Request, error: Unusable, again: bool) -> None:
        if error.call is None:  # a refused request: its attempt says so itself
            return
        self._metering.emit(
            Misread(
                round=self._edge.round,
                node=self._edge.target,
                call=error.call,
                agent=self._role,
                slot=request.call_key,
                task=self._edge.task,
                reason=whole(str(error))[:KEPT_REPLY],
                repair=again,
            )
        )

    def _tell_retry(self, state: tenacity.RetryCallState, call_key: str) -> None:
        fault = state.outcome.exception() if state.outcome else None
        wait = state.next_action.sleep if state.next_action else 0.0
        self._metering.emit(
            Retried(
                round=self._edge.round,
                node=self._edge.target,
                attempt=state.attempt_number,
                wait_s=wait,
                reason=str(fault),
                slot=call_key,
                task=self._edge.task,
            )
        )

    async def _attempt(
        self, request: Request, parse: Parse[T], teacher: Teacher, seed: int, start: CallStart
    ) -> Answer[T]:
        if self._abandoned:
            raise asyncio.CancelledError
        metering = self._metering
        async with teacher.limiter.place():
            # only now: the replies that came while it waited have taught the estimator
            prompt = request.prompt
            estimate = teacher.estimator.estimate(prompt.template_sha, prompt.messages)
            start = replace(start, prompt_estimate=estimate)
            most = start.amounts(start.prompt_estimate, start.max_tokens)
            hold = await metering.budget.reserve(self._role, most)
            self._away.add(asyncio.current_task())
            call = metering.ledger.open(self._edge, start)
            started = time.monotonic()
            end = CallEnd("cancelled")
            try:
                reply = await teacher.send(request, seed, self._metadata(call, start))
                end = _received(reply)
                teacher.limiter.succeeded()
                value = parse(reply)
                end = replace(end, status="ok", reply=reply.to_json())
                return Answer(value, call)
            except Unusable as error:
                end = replace(end, status="rejected", error=whole(str(error))[:KEPT_REPLY])
                error.reply, error.call = end.text, call
                raise
            except Fault as fault:
                end = fault.call_end()
                if isinstance(fault, Refused) and fault.overloaded:
                    teacher.limiter.refused(started, fault.retry_after_s)
                raise
            except Exception as error:  # a bug of ours: the row is closed, the run ends
                end = replace(end, error=f"{type(error).__name__}: {whole(str(error))}")
                raise
            finally:
                self._away.discard(asyncio.current_task())
                seconds = time.monotonic() - started
                self._close(call, hold, end, request, start, seconds)

    def _metadata(self, call: str, start: CallStart) -> dict[str, str | int]:
        """What a tracer needs to find the call in the books, and the edge it is booked on."""
        return {
            "source": self._edge.source,
            "target": self._edge.target,
            "round": self._edge.round,
            "role": self._role,
            "call_key": start.call_key,
            "attempt": start.attempt,
            "call": call,
        }

    def _close(
        self,
        call: str,
        hold: Hold,
        end: CallEnd,
        request: Request,
        start: CallStart,
        seconds: float,
    ) -> None:
        """Close the row, settle the budget, learn from the usage, tell the trace."""
        prompt, completion = self._metering.ledger.close(call, start, end)
        left = 0 if end.status == "unsent" else 1
        self._metering.budget.settle(hold, start.amounts(prompt, completion, left))
        for limit, agent in self._metering.budget.low(self._role):
            self._metering.tell_budget(self._edge, limit, agent, False)
        messages = request.prompt.messages
        if end.usage is not None and end.usage.prompt:
            estimator = self._teachers[request.voter].estimator
            estimator.learn(start.template_sha, messages, end.usage.prompt)
        self._metering.emit(
            Called(
                round=self._edge.round,
                node=self._edge.target,
                call=call,
                agent=self._role,
                source=self._edge.source,
                model=start.model,
                slot=start.call_key,
                attempt=start.attempt,
                status=end.status,
                template=start.template,
                template_sha=start.template_sha,
                messages=[(message.role, message.content) for message in messages],
                reply=end.text,
                error=end.error,
                prompt_tokens=prompt,
                completion_tokens=completion,
                seconds=round(seconds, 4),
                task=self._edge.task,
                prompt_sha=start.prompt_sha,
                estimated=end.usage is None and left > 0,
                usd=start.usd(prompt, completion),
                voter=start.voter,
                directive=self._teachers[request.voter].config.directive,
            )
        )

    def _call_start(self, request: Request, teacher: Teacher, seed: int) -> CallStart:
        prompt = request.prompt
        return CallStart(
            agent=self._role,
            model=teacher.config.title,
            voter=request.voter,
            call_key=request.call_key,
            attempt=1,
            template=prompt.template,
            template_sha=prompt.template_sha,
            prompt_sha=request.sha(teacher.config.title, seed),
            prompt_estimate=0,
            max_tokens=request.max_tokens,
            price=teacher.config.price,
        )


def derive_seed(run_seed: int, edge: Edge, request: Request) -> int:
    """A seed of its own for every call, the same in every run with the same seed."""
    parts = (run_seed, edge.round, edge.target, request.voter, request.call_key)
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big") >> 1


def _with_limits(request: Request, teacher: Teacher) -> Request:
    """What the config says of an endpoint outranks what the prompt pack says."""
    config = teacher.config
    return replace(
        request,
        temperature=request.temperature if config.temperature is None else config.temperature,
        max_tokens=config.max_tokens or request.max_tokens,
    )


def _received(reply: Reply) -> CallEnd:
    return CallEnd(
        "rejected",
        usage=reply.usage,
        completion_estimate=None if reply.usage else count(reply.text),
        text=whole(reply.text)[:KEPT_REPLY],
    )


def _down(teacher: Teacher, fault: Fault) -> str:
    where = teacher.config.base_url or teacher.config.title
    return f"{where}: {fault}"
