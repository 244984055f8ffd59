"""The books and the trace as tables for other tools: CSV or Parquet, row by row.

What models wrote can be a formula to a spreadsheet. In CSV, a text that begins like one gets an
apostrophe in front, which spreadsheets take for "this is text"; Parquet holds it as it was.
"""

from __future__ import annotations

import contextlib
import csv
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from evokd.config import ConfigError
from evokd.store.run_dir import RunDir
from evokd.store.sqlite import connect_read_only

TABLES = {"calls": "ledger", "freight": "ledger", "events": "events"}
"""Table → which of the run's databases holds it."""
CHUNK = 5_000
"""Rows in memory at once."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What spreadsheets read a formula after; white space is skipped by some, width by others."""
_TYPES = {"INTEGER": pa.int64(), "REAL": pa.float64()}


def write_tables(run: RunDir, folder: Path, form: Literal["csv", "parquet"]) -> dict[str, int]:
    """Write `calls`, `freight` and `events` into a folder that exists; gives rows by table.

    A database that a killed run never laid out is left out.
    """
    write = _write_csv if form == "csv" else _write_parquet
    written = {}
    for table, database in TABLES.items():
        path = run.ledger if database == "ledger" else run.events
        with contextlib.suppress(FileNotFoundError), closing(connect_read_only(path)) as db:
            columns = columns_of(db, table)
            if columns:
                written[table] = write(db, table, columns, folder / f"{table}.{form}")
    return written


def columns_of(db: sqlite3.Connection, table: str) -> dict[str, str]:
    """Name → declared type; none where there is no such table."""
    return {row["name"]: row["type"] for row in db.execute(f"PRAGMA table_info({table})")}


def defused(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers.

    An apostrophe in front of such a text is doubled, so taking one off gives the text back.
    """
    if isinstance(value, str) and value.lstrip(" '\u00a0\ufeff").startswith(FORMULA):
        return f"'{value}"
    return value


def _write_csv(db: sqlite3.Connection, table: str, columns: dict[str, str], path: Path) -> int:
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for chunk in _chunks(db, table, columns):
            writer.writerows([defused(value) for value in row] for row in chunk)
            rows += len(chunk)
    return rows


def _write_parquet(db: sqlite3.Connection, table: str, columns: dict[str, str], path: Path) -> int:
    rows = 0
    schema = pa.schema([(name, _TYPES.get(kind, pa.string())) for name, kind in columns.items()])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for chunk in _chunks(db, table, columns):
            values = [list(column) for column in zip(*chunk, strict=True)]
            arrays = [pa.array(v, field.type) for v, field in zip(values, schema, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            rows += len(chunk)
    return rows


def _chunks(
    db: sqlite3.Connection, table: str, columns: dict[str, str]
) -> Iterator[Sequence[Sequence[Any]]]:
    """The rows in the order they were written, as of one moment."""
    names = ", ".join(f'"{name}"' for name in columns)
    cursor = db.execute(f"SELECT {names} FROM {table} ORDER BY rowid")
    while chunk := cursor.fetchmany(CHUNK):
        yield [tuple(row) for row in chunk]


def into(folder: Path, fill: Callable[[Path], None]) -> None:
    """Make a new folder as a whole, or not at all.

    Raises:
        ConfigError: it holds something already, or can't be made.
    """
    folder = folder.absolute()
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigError(f"--out {folder}: is not empty; name another folder")
        part = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        try:
            fill(part)
            part.replace(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise ConfigError(f"--out {folder}: can't be written ({error})") from None
