"""What an agent may ask for: the only thing it sees of the teachers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from evokd.ledger.budget import BudgetReached
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from evokd.teacher.room import Room

T = TypeVar("T")
Parse = Callable[[Reply], T]
"""Turns a reply into a value, or raises `Unusable` with what was wrong."""
Repair = Callable[[str], str]
"""What was wrong → the text of the repair turn."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A parsed reply."""

    value: T
    call: str


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """One question, and how its reply is read."""

    request: Request
    parse: Parse[T]


Came = Answer[T] | Unusable | BudgetReached
"""What came of one of several questions."""


class LLMClient(Protocol):
    """What an agent may ask for."""

    @property
    def directives(self) -> tuple[str | None, ...]:
        """Own instruction of each of the role's endpoints; as many as there are voters."""
        ...

    def rooms(self, voter: int, completion: int) -> Iterable[Room]:
        """The limits to a prompt.

        Args:
            voter: Which of the role's endpoints is asked.
            completion: Tokens that the reply may take, where the config says nothing else.
        """
        ...

    async def ask(
        self, request: Request, parse: Parse[T], repair: Repair | None = None
    ) -> Answer[T]:
        """Spend one call, and repair turns where `repair` is given.

        Raises:
            Unusable: no usable reply; it costs this row, never the run.
            BudgetReached: the request does not fit the budget any more.
            TeacherDown: the endpoint can't be worked with.
        """
        ...

    async def ask_same(
        self, asked: Sequence[Asked[T]], repair: Repair | None = None
    ) -> list[Came[T]]:
        """Questions with one and the same prompt, as one request for several completions.

        Each completion is read by itself, one after another for `asked`; where the server knows
        of no such request, each question is a call of its own.

        Raises:
            TeacherDown: the endpoint can't be worked with.
        """
        ...
