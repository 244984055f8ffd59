"""Local files read plainly, one row at a time: the rows that are wrong get a number.

`datasets` reads files by column and guesses types, which is fast, but its complaints name no row,
a column of dates stops being text, and a CSV row with a stray comma moves all columns. So CSV
files are checked here before it reads them, and JSON files are read here when it fails or guesses.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from evokd.config import ConfigError

LONGEST = 2**31 - 1
"""Characters of a CSV field; what fits the C long of every platform."""


def json_rows(path: Path, origin: str) -> list[dict[str, Any]]:
    """The objects of a JSON-lines file, or of one JSON array, with their exact types.

    Args:
        path: the file, UTF-8 with or without a byte-order mark.
        origin: field and file, the beginning of every message.

    Raises:
        ConfigError: naming the first row that is no JSON object; rows count from 1, blank lines
            do not count.
    """
    text = _decoded(path, origin)
    rows = _array(text, origin) if text.lstrip().startswith("[") else _lines(text, origin)
    if not rows:
        raise ConfigError(f"{origin}: has no rows")
    return [_object(item, f"{origin}: row {row}") for row, item in enumerate(rows, 1)]


def _array(text: str, origin: str) -> list[Any]:
    try:
        items: list[Any] = json.loads(text, object_pairs_hook=_once)
    except ValueError as error:
        raise ConfigError(f"{origin}: not valid JSON: {error}") from None
    return items


def _lines(text: str, origin: str) -> list[Any]:
    # Only \n ends a row: str.splitlines would cut at U+2028, which JSON allows inside a string.
    lines = [line for line in text.split("\n") if line.strip()]
    items = []
    for row, line in enumerate(lines, 1):
        try:
            items.append(json.loads(line, object_pairs_hook=_once))
        except ValueError as error:
            raise ConfigError(f"{origin}: row {row}: not valid JSON: {error}") from None
    return items


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys differ: of two equal ones `json` would keep the last in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands there twice")
    return found


def csv_columns(path: Path, origin: str, delimiter: str) -> list[str]:
    """The header of a CSV file, every row of which has as many fields.

    Raises:
        ConfigError: naming the first row that has more or fewer, or is wrongly quoted.
    """
    text = io.StringIO(_decoded(path, origin), newline="")
    # 131,072 characters by default, the whole process's; only ever raised, so that nobody who reads
    # at the same time falls under it
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST))
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    header: list[str] = []
    row = 0
    try:
        for row, fields in enumerate(filter(None, reader)):
            header = header or fields
            if len(fields) != len(header):
                raise ConfigError(
                    f"{origin}: row {row}: expected {len(header)} fields as in the header, found "
                    f"{len(fields)}; a text that holds {delimiter!r} needs double quotes around it"
                )
    except csv.Error as error:
        raise ConfigError(f"{origin}: row {row + 1}: not valid CSV: {error}") from None
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise ConfigError(f"{origin}: the header names column {twice[0]!r} twice")
    if row == 0:
        raise ConfigError(f"{origin}: has no rows")
    return header


def _decoded(path: Path, origin: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{origin}: expected UTF-8 text, found byte 0x{error.object[error.start]:02x} at "
            f"position {error.start}"
        ) from None
    except OSError as error:
        raise ConfigError(f"{origin}: can't be read ({error.strerror})") from None


def _object(item: Any, origin: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise ConfigError(f"{origin}: expected a JSON object, found {json.dumps(item)[:60]}")
    return item
