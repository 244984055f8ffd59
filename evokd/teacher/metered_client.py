"""The metered client: the only place that spends tokens.

It looks into the journal, and where nothing is found makes attempts (attempts.py) until one gives
an answer, with retries and repair turns where those help.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import tenacity

from evokd.config import Role
from evokd.ledger.call import CallStart
from evokd.ledger.edge import Edge
from evokd.store.events import Warned
from evokd.teacher.attempts import Attempts
from evokd.teacher.call_events import misread, replayed, retried
from evokd.teacher.client import Answer, Asked, Came, Parse, Repair, T
from evokd.teacher.endpoint import Teacher
from evokd.teacher.faults import Fault, Garbled, Refused, TeacherDown, Unusable
from evokd.teacher.metering import Metering
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from evokd.teacher.retrying import retrying
from evokd.teacher.room import Room, rooms
from evokd.teacher.same_prompt import ask_same, may_be_n

ROW_STATUS = frozenset({400, 413, 422})
"""The server understood and won't do this one request; the next may be fine."""


class MeteredClient:
    """A client for one execution of one node."""

    def __init__(
        self, metering: Metering, teachers: Sequence[Teacher], role: Role, edge: Edge
    ) -> None:
        self._metering, self._teachers, self._role, self._edge = metering, teachers, role, edge
        self._trial = metering.trial(role)
        self._attempts = Attempts(metering, role, edge)

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

        What has not left by then, a retry or a repair turn too, stays at home. A batch takes hours:
        nobody waits for it, and a resume takes up its open rows.
        """
        call = asyncio.create_task(self._on_trial(request, parse, repair))
        self._metering.in_flight.add(call)
        call.add_done_callback(self._metering.in_flight.discard)
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            self._attempts.abandoned = True
            call.add_done_callback(_looked_at)
            batched = self._teachers[request.voter].config.batch is not None
            if batched or call not in self._attempts.away:
                call.cancel()
            raise

    async def ask_same(
        self, asked: Sequence[Asked[T]], repair: Repair | None = None
    ) -> list[Came[T]]:
        return await ask_same(self, asked, repair)

    def takes_n(self, requests: Sequence[Request]) -> bool:
        """See `same_prompt.Asker`. What a killed process asked one by one is found as such."""
        first, size = requests[0], len(requests)
        config = self._teachers[first.voter].config
        if "n" in config.lacks:
            self.note_no_n(first, "its protocol has none")
        if config in self._metering.without_n:
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
                return await self._attempts.make(request, parse, teacher, seed, start)
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
            price=teacher.config.paid,
        )


def derive_seed(run_seed: int, edge: Edge, request: Request) -> int:
    """A seed of its own for every call, the same in every run with the same seed."""
    parts = (run_seed, edge.round, edge.target, request.voter, request.call_key)
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big") >> 1


def _with_limits(request: Request, teacher: Teacher) -> Request:
    """What the config says of an endpoint outranks what the prompt pack says."""
    said: dict[str, Any] = {
        "temperature": teacher.config.temperature,
        "max_tokens": teacher.config.max_tokens,
    }
    outranked = {
        name: value
        for name, value in said.items()
        if value is not None and name not in request.holds
    }
    return replace(request, **outranked)


def _down(teacher: Teacher, fault: Fault) -> str:
    where = teacher.config.base_url or teacher.config.title
    return f"{where}: {fault}"


def _looked_at(call: asyncio.Task[object]) -> None:
    """Its failure is in the ledger; asyncio would print a traceback of one that nobody saw."""
    if not call.cancelled():
        call.exception()
