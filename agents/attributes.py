"""The proposer of attributes: what texts differ in, and which values there are (AttrPrompt).

Yu et al. 2023 (arXiv 2306.15895). One call names dimensions that hold for all classes (style,
length, place …) with their values, one more for each class its subtopics, and if asked for, yes/no
calls say of a subtopic whether it fits another class as well. How replies are read:
`agents/attribute_replies.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from agents.attribute_replies import SUBTOPIC, Reader, yes_or_no
from agents.gather_usable import gather_usable
from agents.task_view import TaskView
from evokd.ledger.budget import BudgetReached
from evokd.teacher.client import Answer, LLMClient, Parse, Repair
from evokd.teacher.faults import Unusable
from evokd.teacher.request import Request
from prompts.pack import Pack

T = TypeVar("T")
ROLE = "attribute_proposer"
Ask = Literal["dimensions", "subtopics", "fits"]
"""What the template asks for."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """Something that texts differ in."""

    name: str
    values: tuple[str, ...]
    label: str | None = None
    """The class whose texts it is for; None: of any."""
    calls: tuple[str, ...] = ()
    """That proposed it, and that left values out."""

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "values": self.values, "label": self.label, "calls": self.calls}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Dimension:
        """The inverse of `to_json`."""
        return cls(data["name"], tuple(data["values"]), data["label"], tuple(data["calls"]))


@dataclass(frozen=True, slots=True)
class Proposal:
    """What came of a proposal."""

    dimensions: tuple[Dimension, ...]
    """Subtopics of each class in the order of the classes, then those of any class."""
    failures: tuple[str, ...]
    """Calls that gave nothing."""
    stopped: BudgetReached | None


async def propose(
    client: LLMClient, pack: Pack, view: TaskView, *, dimensions: int, values: int
) -> Proposal:
    """Ask for dimensions of all classes and for each class's subtopics, side by side.

    A reply that can't be read is asked for once more; what then can't be read is a failure, and
    nothing without which a method that lives on attributes could go on.

    Args:
        client: Whom to ask.
        pack: Its templates and its form of reply.
        view: The task.
        dimensions: Asked for, subtopics not among them.
        values: Of each dimension.
    """
    asking = _Asking(client, pack, view, values)
    common = asking.ask(
        *("dimensions", "dimensions", dimensions * values),
        lambda read, reply: read.dimensions(reply, dimensions, values),
        {"dimensions": dimensions, "target": None},
    )
    own = [
        asking.ask(
            *("subtopics", f"subtopics-{at}", values),
            lambda read, reply: [(SUBTOPIC, read.values(reply, values))],
            {"dimensions": dimensions, "target": view.named(label)},
        )
        for at, label in enumerate(view.ordered)
    ]
    result = await gather_usable([*own, common])
    labels: list[str | None] = [*view.ordered, None]
    found = [
        Dimension(name, kept, label, (answer.call,))
        for label, answer in zip(labels, result.values, strict=True)
        if answer is not None
        for name, kept in answer.value
    ]
    return Proposal(tuple(found), result.failures, result.stopped)


async def that_fit(
    client: LLMClient, pack: Pack, view: TaskView, asked: Sequence[tuple[str, str]]
) -> tuple[list[Answer[bool] | None], BudgetReached | None]:
    """Whether each value fits a class that it is not a subtopic of; None where nobody can tell.

    Args:
        client: Whom to ask.
        pack: Its templates.
        view: The task.
        asked: Value and class.
    """
    asking = _Asking(client, pack, view, 1)
    calls = [
        asking.ask(
            *("fits", f"fits-{at}", 1),
            lambda _, reply: yes_or_no(reply),
            {"dimensions": 0, "target": view.named(other), "value": value},
        )
        for at, (value, other) in enumerate(asked)
    ]
    result = await gather_usable(calls)
    return list(result.values), result.stopped


class _Asking:
    """Calls of one proposal."""

    def __init__(self, client: LLMClient, pack: Pack, view: TaskView, values: int) -> None:
        self._client, self._pack, self._view, self._values = client, pack, view, values
        self._reader = Reader.of(view, as_json=pack.manifest.style_of(ROLE).reply == "json")

    async def ask(
        self,
        what: Ask,
        call_key: str,
        most: int,
        read: Any,
        more: Mapping[str, Any],
    ) -> Answer[Any]:
        """One call, and another one where its reply is no use.

        Args:
            what: The template is to ask for.
            call_key: Of the first call.
            most: Values that the reply may have.
            read: Makes a value of reader and reply.
            more: Variables.

        Raises:
            Unusable: neither reply could be read.
            BudgetReached: see `LLMClient`.
        """
        style = self._pack.manifest.style_of(ROLE)
        listed = what != "fits"
        as_json = style.reply == "json" and listed
        variables = {
            **self._view.variables(self._client.directives[0]),
            "ask": what,
            "n": self._values,
            "value": None,
            **more,
        }
        request = Request(
            role=ROLE,
            call_key=call_key,
            prompt=self._pack.prompt(ROLE, variables),
            temperature=style.temperature if listed else 0,
            top_p=style.top_p,
            max_tokens=style.max_tokens * most,
            schema=_schema(what, more["dimensions"], self._values) if as_json else None,
            stop=style.stop,
            extra=style.extra,
            choices=(what, str(self._values), str(more["dimensions"])),
        )
        repair = self._pack.repair if as_json else None
        return await _twice(self._client, request, lambda reply: read(self._reader, reply), repair)


async def _twice(
    client: LLMClient, request: Request, parse: Parse[T], repair: Repair | None
) -> Answer[T]:
    try:
        return await client.ask(request, parse, repair)
    except Unusable:
        if repair is not None:  # that was its second turn
            raise
    return await client.ask(replace(request, call_key=f"{request.call_key}/again"), parse)


def _schema(what: Ask, dimensions: int, values: int) -> dict[str, Any]:
    several = {
        "type": "array",
        "items": {"type": "string"},
        "minItems": values,
        "maxItems": values,
    }
    if what == "subtopics":
        return _object({"values": several})
    item = _object({"name": {"type": "string"}, "values": several})
    every = {"type": "array", "items": item, "minItems": dimensions, "maxItems": dimensions}
    return _object({"dimensions": every})


def _object(parts: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": parts,
        "required": list(parts),
        "additionalProperties": False,
    }
