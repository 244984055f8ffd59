"""What is said of a cost: a sum; `local` where nobody sends a bill; `unknown`, which is never 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from evokd.config import ROLES, Endpoint, Teachers
from evokd.runs.formatting import dollars
from evokd.runs.run import mapping

LOCAL, UNKNOWN = "local", "unknown"


def cost(usd: float | None, asked: Iterable[Endpoint]) -> str:
    """A cost in words.

    Args:
        usd: The sum; None where a call of it has no price.
        asked: The endpoints behind it; none where they are not known.
    """
    if usd is not None:
        return dollars(usd)
    endpoints = list(asked)
    return LOCAL if endpoints and all(one.local for one in endpoints) else UNKNOWN


def cost_of_all(usd: float | None, parts: Iterable[tuple[float | None, str]]) -> str:
    """The cost of a whole: local parts add nothing to those that have a price.

    Args:
        usd: The sum; None where a call of it has no price.
        parts: Sum and `cost` of each part.
    """
    given = list(parts)
    if usd is None and given and all(said != UNKNOWN for _, said in given):
        priced = [part for part, _ in given if part is not None]
        return dollars(sum(priced)) if priced else LOCAL
    return UNKNOWN if usd is None else dollars(usd)


def in_words(said: str) -> str:
    """A `cost` in a sentence: `USD 0.0123`, `local`."""
    return said if said in (LOCAL, UNKNOWN) else f"USD {said}"


def teachers_of(config: Mapping[str, Any]) -> Teachers | None:
    """The endpoints of a run's config as it is written; None where another version wrote it."""
    try:
        return Teachers.model_validate(mapping(config.get("teachers")))
    except ValidationError:
        return None


def endpoints_of(teachers: Teachers | None, row: Mapping[str, Any]) -> tuple[Endpoint, ...]:
    """The endpoints behind a row of the books, whatever it is keyed by; none: not known."""
    if teachers is None:
        return ()
    role = row.get("agent", row.get("target"))
    if role is not None:
        endpoints = teachers.of(role) if role in ROLES else ()
        voter = row.get("voter")
        return endpoints if voter is None else endpoints[voter : voter + 1]
    model = row.get("model")
    return tuple(one for one in teachers.every() if model in (None, one.title))
