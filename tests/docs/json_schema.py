"""What a JSON schema finds wrong: the keywords that pydantic writes, and no other goes unseen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "number": (int, float),
    "integer": int,
    "null": type(None),
}
SILENT = {"$schema", "$defs", "description", "default", "examples", "title", "deprecated"}
"""Keywords that say nothing about what is valid."""


def faults(root: Any, schema: Any, value: Any, where: str = "") -> Iterator[str]:
    """A line for each thing that is wrong; a keyword that is not known here is a KeyError."""
    for keyword, told in schema.items():
        if keyword in INSIDE:
            yield from INSIDE[keyword](root, schema, value, where)
        elif keyword not in SILENT and not HOLDS[keyword](told, value):
            yield f"{where}: {value!r} against {keyword} {told}"


def _reference(root: Any, schema: Any, value: Any, where: str) -> Iterator[str]:
    target = schema["$ref"].removeprefix("#/$defs/")
    yield from faults(root, root["$defs"][target], value, where)


def _any_of(root: Any, schema: Any, value: Any, where: str) -> Iterator[str]:
    if all(list(faults(root, way, value, where)) for way in schema["anyOf"]):
        yield f"{where}: {value!r} fits none of {schema['anyOf']}"


def _items(root: Any, schema: Any, value: Any, where: str) -> Iterator[str]:
    for item in value if isinstance(value, list) else []:
        yield from faults(root, schema["items"], item, f"{where}[]")


def _keys(root: Any, schema: Any, value: Any, where: str) -> Iterator[str]:
    """Each key by its own schema, by that of its pattern, or by that of all others."""
    for name, item in value.items() if isinstance(value, dict) else ():
        own = schema.get("properties", {}).get(name)
        patterns = schema.get("patternProperties", {}).items()
        found = [told for pattern, told in patterns if re.search(pattern, name)]
        others = schema.get("additionalProperties", True)
        for told in ([] if own is None else [own]) + found or [others]:
            if told is False:
                yield f"{where}.{name}: unknown"
            elif told is not True:
                yield from faults(root, told, item, f"{where}.{name}")


INSIDE: dict[str, Callable[[Any, Any, Any, str], Iterator[str]]] = {
    "$ref": _reference,
    "anyOf": _any_of,
    "items": _items,
    **dict.fromkeys(("properties", "patternProperties", "additionalProperties"), _keys),
}


def _is(told: str, value: Any) -> bool:
    return isinstance(value, TYPES[told]) and (not isinstance(value, bool) or told == "boolean")


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _sized(value: Any) -> bool:
    return isinstance(value, (str, list, dict))


HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "type": _is,
    "const": lambda told, value: bool(value == told),
    "enum": lambda told, value: value in told,
    "required": lambda told, value: not isinstance(value, dict) or set(told) <= value.keys(),
    "pattern": lambda told, value: not isinstance(value, str) or bool(re.search(told, value)),
    "minimum": lambda told, value: not _number(value) or value >= told,
    "exclusiveMinimum": lambda told, value: not _number(value) or value > told,
    "maximum": lambda told, value: not _number(value) or value <= told,
    "exclusiveMaximum": lambda told, value: not _number(value) or value < told,
    **dict.fromkeys(
        ("minLength", "minItems", "minProperties"),
        lambda told, value: not _sized(value) or len(value) >= told,
    ),
    **dict.fromkeys(
        ("maxLength", "maxItems", "maxProperties"),
        lambda told, value: not _sized(value) or len(value) <= told,
    ),
}
