"""The metered client: the only place that spends tokens.

It looks into the journal, reserves budget, books the attempt, sends it, parses the reply, books
the end, and retries or repairs where that helps.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

import tenacity

from evokd.config import Role
from evokd.ledger.budget import BudgetReached, Hold
from evokd.ledger.call import CallEnd, CallStart
from evokd.ledger.edge import Edge
from evokd.store.events import Warned
from evokd.teacher.call_events import called, mended, metadata, misread, replayed, retried
from evokd.teacher.client import Answer, Asked, Came, Parse, Repair, T
from evokd.teacher.empty_reply import parsed
from evokd.teacher.endpoint import Teacher
from evokd.teacher.faults import Fault, Garbled, Refused, TeacherDown, Unusable
from evokd.teacher.metering import Metering
from evokd.teacher.reply import Reply, whole
from evokd.teacher.request import Request
from evokd.teacher.retrying import retrying
from evokd.teacher.room import Room, rooms
from evokd.teacher.same_prompt import ask_same, may_be_n
from evokd.teacher.tokens import count

ROW_STATUS = frozenset({400, 413, 422})
"""The server understood and won't do this one request; the next may be fine."""
SEPARATOR = "\n\n⋯\n\n"
"""Between the completions of one request, where people look at them."""
KEPT_REPLY = 64_000
"""Characters of a reply that was no use that the books keep."""


class MeteredClient:
    """A client for one execution of one node."""

    def __init__(
        self, metering: Metering, teachers: Sequence[Teacher], role: Role, edge: Edge
    ) -> None:
        self._metering, self._teachers, self._role, self._edge = metering, teachers, role, edge
        self._trial = metering.trial(role)
        self._abandoned = False
        self._away: set[asyncio.Task[object] | None] = set()
        """Calls whose request is with the server right now."""

    @property
    def directives(self) -> tuple[str | None, ...]:
        return tuple(teacher.config.directive for teacher in self._teachers)

    def rooms(self, voter: int, completion: int) -> Iterable[Room]:
        config, metering = self._teachers[voter].config, self._metering
        limits = metering.limits or metering.budget.limits
        return rooms(config, self._role, limits, config.max_tokens or completion)

    async def ask(
        self, request: Request, parse: Parse[T], repair: Repair | None = None
    ) -> Answer[T]:
        """See `LLMClient`. A cancelled asker leaves the request to finish: its row is closed.

        What has not left by then, a retry or a repair turn too, stays at home.
        """
        call = asyncio.create_task(self._on_trial(request, parse, repair))
        self._metering.in_flight.add(call)
        call.add_done_callback(self._metering.in_flight.discard)
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            self._abandoned = True
            call.add_done_callback(_looked_at)
            if call not in self._away:
                call.cancel()
            raise

    async def ask_same(
        self, asked: Sequence[Asked[T]], repair: Repair | None = None
    ) -> list[Came[T]]:
        return await ask_same(self, asked, repair)

    def takes_n(self, requests: Sequence[Request]) -> bool:
        """See `same_prompt.Asker`. What a killed process asked one by one is found as such."""
        first, size = requests[0], len(requests)
        if self._teachers[first.voter].config in self._metering.without_n:
            return False
        if not any(map(self._is_finished, requests)):
            return True
        halves = [size >> times for times in range(size.bit_length() - 1)]
        return any(self._is_finished(replace(first, n=n)) for n in halves)

    def _is_finished(self, request: Request) -> bool:
        teacher = self._teachers[request.voter]
        return self._metering.ledger.knows(self._edge, self._starting(request, teacher)[1])

    def note_no_n(self, request: Request, reason: str) -> None:
        """Say so once, in the trace, and ask this endpoint for one at a time from now on."""
        config = self._teachers[request.voter].config
        if config in self._metering.without_n:
            return
        self._metering.without_n.add(config)
        self._warn(
            f"loop.completions: {config.title} knows no `n` ({reason}); it is asked one by one"
        )

    def note_dropped(self, request: Request, error: Unusable) -> None:
        self._tell_misread(request, error, False)

    async def _on_trial(
        self, request: Request, parse: Parse[T], repair: Repair | None
    ) -> Answer[T]:
        with self._trial.call(request.voter):
            try:
                answer = await self._answer(request, parse, repair)
            except Unusable as error:
                if not may_be_n(request, error):  # else each is asked by itself
                    self._trial.failed(str(error))
                raise
            self._trial.succeeded()
            return answer

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
        self._tell_cut(request)
        request, start = self._starting(request, teacher)
        seed = derive_seed(self._metering.seed, self._edge, request)
        found = self._metering.ledger.replay(self._edge, start)
        if found is not None:
            call, text = found
            self._metering.emit(replayed(self._edge, self._role, request, call))
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

    def _starting(self, request: Request, teacher: Teacher) -> tuple[Request, CallStart]:
        """The request with the endpoint's limits, and what the books say before it leaves."""
        request = _with_limits(request, teacher)
        seed = derive_seed(self._metering.seed, self._edge, request)
        return request, self._call_start(request, teacher, seed)

    async def _with_retries(
        self, request: Request, parse: Parse[T], teacher: Teacher, seed: int, start: CallStart
    ) -> Answer[T]:
        retries, backoff_s = teacher.config.retries, self._metering.backoff_s
        attempts = retrying(retries, backoff_s, lambda state: self._tell_retry(state, request))
        async for attempt in attempts:
            with attempt:
                number = attempt.retry_state.attempt_number
                start = replace(start, attempt=number)
                return await self._attempt(request, parse, teacher, seed, start)
        raise AssertionError("tenacity returns or reraises")

    def _tell_cut(self, request: Request) -> None:
        """Tell the trace, once a process, that a role sees but the beginnings of texts."""
        cut, told = request.prompt.cut, self._metering.cuts
        if cut is None or self._role in told:
            return
        text = f"{self._role}: long texts are cut in prompts, {cut.share:.0%} is left: {cut.reason}"
        told[self._role] = text
        self._metering.emit(Warned(round=self._edge.round, node=self._edge.target, text=text))

    def _tell_misread(self, request: Request, error: Unusable, again: bool) -> None:
        if error.call is not None:  # else a refused request: its attempt says so itself
            self._metering.emit(misread(self._edge, self._role, request, error, repair=again))

    def _tell_retry(self, state: tenacity.RetryCallState, request: Request) -> None:
        fault = state.outcome.exception() if state.outcome else None
        wait, number = state.next_action.sleep if state.next_action else 0.0, state.attempt_number
        if isinstance(fault, Fault) and fault.news is not None:
            self._warn(fault.news)
        self._metering.emit(retried(self._edge, request.call_key, number, wait, fault))

    def _warn(self, text: str) -> None:
        self._metering.emit(Warned(round=self._edge.round, node=self._edge.target, text=text))

    async def _attempt(
        self, request: Request, parse: Parse[T], teacher: Teacher, seed: int, start: CallStart
    ) -> Answer[T]:
        if self._abandoned:
            raise asyncio.CancelledError
        metering = self._metering
        async with self._trial.place(teacher.limiter):
            # only now: the replies that came while it waited have taught the estimator
            prompt = request.prompt
            estimate = teacher.estimator.estimate(prompt.template_sha, prompt.messages)
            start = replace(start, prompt_estimate=estimate)
            asked = start.max_tokens
            hold, start = await self._reserve(start, teacher)
            request = replace(request, max_tokens=start.max_tokens // request.n)
            self._away.add(asyncio.current_task())
            call = metering.ledger.open(self._edge, start)
            started = time.monotonic()
            end = CallEnd("cancelled")
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
            except Exception as error:  # a bug of ours: the row is closed, the run ends
                end = replace(end, error=f"{type(error).__name__}: {whole(str(error))}")
                raise
            finally:
                self._away.discard(asyncio.current_task())
                seconds = time.monotonic() - started
                came = self._close(call, hold, end, request, start, seconds)
                if end.status == "ok":
                    teacher.estimator.learn_length(start.template_sha, came / asked)
                if reply is not None and reply.mended and end.status == "ok":
                    told = mended(self._edge, self._role, request, call, reply.mended)
                    metering.emit(told)

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
        seconds: float,
    ) -> int:
        """Close the row, settle the budget, learn from the usage, tell the trace.

        Returns the completion's tokens.
        """
        prompt, completion = self._metering.ledger.close(call, start, end)
        left = 0 if end.status == "unsent" else 1
        self._metering.budget.settle(hold, start.amounts(prompt, completion, left))
        for limit, agent in self._metering.budget.low(self._role):
            self._metering.tell_budget(self._edge, limit, agent, False)
        messages = request.prompt.messages
        if end.usage is not None and end.usage.prompt:
            estimator = self._teachers[request.voter].estimator
            estimator.learn(start.template_sha, messages, end.usage.prompt)
        directive = self._teachers[request.voter].config.directive
        told = called(self._edge, call, request, start, end, (prompt, completion), seconds)
        self._metering.emit(told.model_copy(update={"directive": directive}))
        return completion

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
            max_tokens=request.most_tokens,
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


def _down(teacher: Teacher, fault: Fault) -> str:
    where = teacher.config.base_url or teacher.config.title
    return f"{where}: {fault}"


def _looked_at(call: asyncio.Task[object]) -> None:
    """Its failure is in the ledger; asyncio would print a traceback of one that nobody saw."""
    if not call.cancelled():
        call.exception()
