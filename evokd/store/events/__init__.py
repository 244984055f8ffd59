"""Trace events: what happened, one small class each, written as it happens.

The viewer, the report and `evokd trace` read nothing else (`evokd.store.event_log`). The classes
stand by what they are about: the `run`, `calls`, `rows`, the `student`; `Event` is any of them.

Run directories of earlier versions stay readable: an event may be added, and a field that has a
default; nothing is renamed or taken away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import Field, TypeAdapter

from evokd.store.events.calls import Batched, Called, Mended, Misread, Replayed, Retried
from evokd.store.events.rows import (
    Audited,
    Decoded,
    Doubted,
    Drafted,
    Judged,
    Kept,
    Retrieved,
    Seeded,
    Voted,
)
from evokd.store.events.run import (
    WAITS,
    Begun,
    Budgeted,
    Interrupted,
    NodeEnded,
    NodeStarted,
    Stopped,
    Warned,
)
from evokd.store.events.student import (
    Analysed,
    Evaluated,
    Examined,
    Retested,
    Scored,
    Stepped,
    Told,
    Trained,
)

__all__ = [
    "WAITS",
    "Analysed",
    "Audited",
    "Batched",
    "Begun",
    "Budgeted",
    "Called",
    "Decoded",
    "Doubted",
    "Drafted",
    "Evaluated",
    "Event",
    "Examined",
    "Interrupted",
    "Judged",
    "Kept",
    "Listener",
    "Mended",
    "Misread",
    "NodeEnded",
    "NodeStarted",
    "Replayed",
    "Retested",
    "Retried",
    "Retrieved",
    "Scored",
    "Seeded",
    "Stepped",
    "Stopped",
    "Told",
    "Trained",
    "Voted",
    "Warned",
    "event_of",
]

Event = Annotated[
    Begun
    | Seeded
    | Retrieved
    | NodeStarted
    | NodeEnded
    | Called
    | Replayed
    | Retried
    | Batched
    | Misread
    | Mended
    | Analysed
    | Drafted
    | Voted
    | Decoded
    | Judged
    | Evaluated
    | Kept
    | Audited
    | Doubted
    | Told
    | Examined
    | Trained
    | Stepped
    | Retested
    | Scored
    | Budgeted
    | Warned
    | Interrupted
    | Stopped,
    Field(discriminator="type"),
]
_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)
Listener = Callable[[Event], None]


def event_of(body: str) -> Event:
    """An event from its stored JSON."""
    return _ADAPTER.validate_json(body)
