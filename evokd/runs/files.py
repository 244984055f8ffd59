"""Files of a run directory, read without trust and without a trace.

Nothing is read that lies outside the folder (a link may point anywhere), nothing is written: not
even the two files that SQLite likes to lay beside a database that it only reads.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO, TypeVar

import yaml

from evokd.store.sqlite import read_only_address

MOST_BYTES = 300_000_000
"""Of a text file; more is no file of a run's."""
T = TypeVar("T")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(Exception):
    """A file that is missing, damaged, or not the run's own; its text is for people."""


def own(folder: Path, name: str) -> Path:
    """A file of a folder.

    Raises:
        Unreadable: it is missing, or a link that leads out of the folder.
    """
    path = folder / name
    if not path.exists():
        raise Unreadable(f"{name}: is not there")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Unreadable(f"{name}: is a link that leads out of the folder; it was not followed")
    return path


def text_of(folder: Path, name: str) -> str:
    """A text file.

    Raises:
        Unreadable: see `own`; or the system refuses it.
    """
    with _opened(folder, name) as file:
        return file.read()


@contextlib.contextmanager
def _opened(folder: Path, name: str) -> Iterator[TextIO]:
    path = own(folder, name)
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            raise Unreadable(f"{name}: is no file of a size that can be right")
        with path.open(encoding="utf-8", errors="replace") as file:
            yield file
    except OSError as error:
        raise Unreadable(f"{name}: can't be read ({error.strerror})") from None


def json_of(folder: Path, name: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        Unreadable: as above, or it is none.
    """
    try:
        found = json.loads(text_of(folder, name))
    except (ValueError, RecursionError):
        raise Unreadable(f"{name}: is no JSON (cut off while it was written?)") from None
    if not isinstance(found, dict):
        raise Unreadable(f"{name}: expected a JSON object")
    return found


def yaml_of(folder: Path, name: str) -> dict[str, Any]:
    """A YAML mapping.

    Raises:
        Unreadable: as above, or it is none.
    """
    try:
        found = yaml.load(text_of(folder, name), Loader=_Loader)
    except (yaml.YAMLError, RecursionError):
        raise Unreadable(f"{name}: is no YAML (cut off while it was written?)") from None
    if not isinstance(found, dict):
        raise Unreadable(f"{name}: expected a mapping")
    return found


def lines_of(folder: Path, name: str) -> tuple[list[dict[str, Any]], str | None]:
    """The rows of a JSON lines file, and what to say of lines that can't be read.

    Raises:
        Unreadable: no such file.
    """
    return lines_as(folder, name, lambda row: row)


def lines_as(
    folder: Path, name: str, make: Callable[[dict[str, Any]], T]
) -> tuple[list[T], str | None]:
    """The same, of each row what `make` keeps of it.

    One row is read at a time: as mappings those of `benchmarks/viewer.py` took 200 MB.
    """
    found, bad = [], 0
    with _opened(folder, name) as file:
        for line in file:
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if isinstance(row, dict):
                found.append(make(row))
            else:
                bad += 1
    lines = "a line" if bad == 1 else f"{bad} lines"
    return found, f"{name}: {lines} can't be read and stay out" if bad else None


def noted_lines(folder: Path, name: str, notes: list[str]) -> list[dict[str, Any]]:
    """The same rows; what can't be read is told in `notes`, and none are there then."""
    try:
        rows, remark = lines_of(folder, name)
    except Unreadable as problem:
        notes.append(str(problem))
        return []
    notes += [remark] if remark else []
    return rows


@contextlib.contextmanager
def reading(folder: Path, name: str) -> Iterator[sqlite3.Connection]:
    """A database, open for reading; what goes wrong inside the block is told in words.

    Raises:
        Unreadable: missing, damaged, or laid out in another way.
    """
    path = own(folder, name)
    try:
        db = sqlite3.connect(read_only_address(path), uri=True, timeout=5, isolation_level=None)
        try:
            db.row_factory = sqlite3.Row
            db.text_factory = _text
            yield db
        finally:
            db.close()
    except sqlite3.Error as error:
        raise Unreadable(f"{name}: can't be read ({error})") from None


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")
