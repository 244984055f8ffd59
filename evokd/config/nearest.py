"""What somebody may have meant who wrote a name that there is not: `n_hrad`, `n_hard`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel

_QUOTED = re.compile(r"'([^']+)'")
DEPTH = 4
"""Sections within sections that are looked into for a field that stands in the wrong place."""


def nearest(said: str, names: Iterable[str]) -> str | None:
    """The name that is most like what was said; None where none is like it."""
    known = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(said.casefold(), known, n=1)
    return known[found[0]] if found else None


def did_you_mean(said: str, names: Iterable[str]) -> str:
    """The end of a message: `; did you mean 'n_hard'?`, or nothing."""
    found = nearest(said, names)
    return "" if found is None else f"; did you mean {found!r}?"


def meant_field(model: type[BaseModel], path: Sequence[str]) -> str:
    """The end of a message about a field that is not known.

    Args:
        model: What the first part of the path is looked for in.
        path: Of the field; numbers of a list and keys of a mapping may be parts of it.
    """
    *parents, said = path
    for section in _sections(model, parents):
        found = nearest(said, _fields(section))
        if found is not None:
            return f"; did you mean {found!r}?"
    for root, before in ((_first(_sections(model, parents)), parents), (model, [])):
        places = [] if root is None else list(_places(root, said, DEPTH))
        if places:
            return f"; did you mean {'.'.join([*before, places[0]])!r}?"
    return ""


def meant_value(said: object, expected: object) -> str:
    """The same about one of some values, which pydantic's `expected` lists in quotes."""
    return did_you_mean(str(said), _QUOTED.findall(str(expected)))


def _first(found: Sequence[type[BaseModel]]) -> type[BaseModel] | None:
    return found[0] if found else None


def _sections(model: type[BaseModel], path: Sequence[str]) -> list[type[BaseModel]]:
    """The models that may stand at a path."""
    if not path:
        return [model]
    part, *rest = path
    if part not in _fields(model):
        return []
    below: Any = _fields(model)[part]
    while rest and not any(rest[0] in _fields(one) for one in _models(below)):
        rest = rest[1:]  # a place in a list, a key of a mapping
    return [found for one in _models(below) for found in _sections(one, rest)]


def _fields(model: type[BaseModel]) -> Mapping[str, Any]:
    """Field, as a config writes it → its type."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models in a type: `tuple[Endpoint, ...] | None` holds one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models(part)]


def _places(model: type[BaseModel], name: str, depth: int) -> Iterator[str]:
    """Where below a model a field of this very name stands, the nearest first."""
    fields = _fields(model)
    if name in fields:
        yield name
    for field, annotation in fields.items() if depth > 1 else ():
        for below in _models(annotation):
            for place in _places(below, name, depth - 1):
                yield f"{field}.{place}"
