"""Files out of a page: each of its tables as CSV or JSON lines, each of its pictures as SVG.

    offered({"query": query, "edges": Table(…), "weights": {"falls": picture}})

names what a page is made of, by the keys of its values (`edges`, `weights.falls`), and gives each
the address of its file: that of the page behind `/download`, with the same filters and order. What
answers there (`views/download.py`) has the page made once more and takes the file out of it, so no
page needs more than a `query` among its values.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from markupsafe import Markup

from evokd.store.artefacts import dumps
from evokd.store.exports import defused
from evokd.viewer.query import Query
from evokd.viewer.table import Table

PLACE = "/download"
FORMS: Mapping[str, str] = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
"""Forms of a table's file → media type."""
AT_ONCE = 200
"""Rows that are written at once."""
MOST_LISTED = 60
"""Items of a list that tables and pictures are looked for in; longer ones are rows."""
BOM = "\ufeff"
"""Begins a CSV file: without it Excel takes UTF-8 for the letters of another century."""


class Picture(Markup):
    """A picture, and the address of its file."""

    file: str = ""


def offered(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values of a page, each table and picture with the address of its file.

    Where there is no `query` among them, as in a report, nothing can be asked for.
    """
    query = values.get("query")
    if not isinstance(query, Query):
        return values
    return {key: _offered(value, query, key) for key, value in values.items()}


def found(values: Mapping[str, Any], name: str) -> Any:
    """A table or picture by its name, `weights.falls`; None where there is none."""
    value: Any = values
    for key in name.split("."):
        if isinstance(value, list | tuple):
            value = value[int(key)] if key.isdecimal() and int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else getattr(value, key, None)
    return value if isinstance(value, Table | Picture) else None


def _offered(value: Any, query: Query, name: str) -> Any:
    if isinstance(value, Table):
        files = {form: _address(query, {"table": name, "format": form}) for form in FORMS}
        return dataclasses.replace(value, files=files)
    if isinstance(value, Markup) and value.startswith("<svg"):
        picture = Picture(value)
        picture.file = _address(query, {"figure": name})
        return picture
    if type(value) is dict:  # a Counter stays one
        return {
            key: _offered(one, query, f"{name}.{key}") if _names(key) else one
            for key, one in value.items()
        }
    if type(value) in (list, tuple) and len(value) <= MOST_LISTED:
        return type(value)(_offered(one, query, f"{name}.{at}") for at, one in enumerate(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        tables = {key: one for key, one in parts.items() if isinstance(one, Table)}
        if tables:
            named = {key: _offered(one, query, f"{name}.{key}") for key, one in tables.items()}
            return dataclasses.replace(value, **named)
    return value


def _names(key: Any) -> bool:
    """Whether it can stand in a name, whose parts have dots between them."""
    return isinstance(key, str) and "." not in key


def _address(query: Query, what: Mapping[str, str]) -> str:
    return query.to({"page": None, **what}, path=f"{PLACE}{query.path}")


def csv_of(table: Table) -> Iterator[bytes]:
    """A table as CSV: UTF-8 behind a BOM, RFC 4180, no cell a formula, a list as JSON."""
    yield BOM.encode()
    head = [column.key for column in (*table.columns, *table.more) if column.key]
    rows = ([_cell(value) for value in record.values()] for record in table.records())
    for lines in _parts([head], rows):
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(
            [defused(value) for value in line] for line in lines
        )
        yield text.getvalue().encode("utf-8", "replace")


def jsonl_of(table: Table) -> Iterator[bytes]:
    """A table as JSON lines, UTF-8, each value as it is."""
    for records in _parts([], table.records()):
        lines = (dumps({key: plain(value) for key, value in one.items()}) for one in records)
        yield "".join(f"{line}\n" for line in lines).encode()


def _parts(first: list[Any], items: Iterable[Any]) -> Iterator[list[Any]]:
    part = first
    for item in items:
        part.append(item)
        if len(part) >= AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _cell(value: Any) -> Any:
    value = plain(value)
    if value is None or isinstance(value, str | int | float):
        return value
    return dumps(value)


def plain(value: Any) -> Any:
    """A value as JSON has it: no NaN, no type of ours."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return str(value) if isinstance(value, str) else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Iterable):
        return [plain(one) for one in value]
    return str(value)
