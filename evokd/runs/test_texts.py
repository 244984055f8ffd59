"""The texts of a run's test rows, from the data file that its config names, for people to look at.

The file lies outside of the run, and whoever made the run chose which. So it is read only where it
is, byte for byte, the one that the run read, and gives the rows the answers that the run had.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evokd.config import ConfigError, TaskConfig
from evokd.runs.run import Run, mapping
from evokd.tasks.example import Example
from evokd.tasks.formats import TaskFormat, task_format_of

MOST_BYTES = 100_000_000
"""Of a data file whose rows stand on lines."""
MOST_ARRAY = 20_000_000
"""Of one that has to be read as a whole."""


def data_file(run: Run) -> Path | None:
    """The file with the test rows, where the config names one by its whole path."""
    data = mapping(mapping(run.config.get("task")).get("data"))
    named = data.get("test") or data.get("train")
    if data.get("hub") or not isinstance(named, str) or not Path(named).is_absolute():
        return None
    return Path(named)


def texts_of(run: Run, gold: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Row → text; and why there are none, in a sentence.

    Args:
        run: Whose test rows.
        gold: The rows that are wanted, `test-7`, and the right answers that the run had for them.
    """
    path = data_file(run)
    if path is None:
        return {}, "The texts are not shown: the config names no local file with the test rows."
    told = mapping(run.info.get("data")).get("test" if _has_test_file(run) else "train")
    try:
        if told is None or _digest(path) != told:
            return {}, f"The texts are not shown: {path} is not the file that the run read."
        config = TaskConfig.model_validate(run.config.get("task"))
        task_format = task_format_of(config)
        columns = task_format.columns(config.data)
        wanted = {int(row.rpartition("-")[2]) for row in gold}
        rows = {
            f"test-{at}": _example(task_format, columns, row, at) for at, row in _rows(path, wanted)
        }
    except (ConfigError, ValidationError, OSError, ValueError, csv.Error, RecursionError):
        return {}, f"The texts are not shown: {path} can't be read as the run read it."
    if {row: one.label for row, one in rows.items()} != dict(gold):
        return {}, f"The texts are not shown: {path} is not as it was when the run read it."
    return {row: one.text for row, one in rows.items()}, ""


def _has_test_file(run: Run) -> bool:
    """Else the test rows were split off the train rows."""
    return bool(mapping(mapping(run.config.get("task")).get("data")).get("test"))


def _digest(path: Path) -> str:
    """SHA-256 of a file, which whoever made the run must have known: no other file is shown.

    Raises:
        OSError: it can't be read.
        ValueError: no file, or too large a one.
    """
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise ValueError("no file, or too large a one")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _example(task_format: TaskFormat, columns: Any, row: dict[str, Any], at: int) -> Example:
    fields = {name: row[column] for name, column in columns.items() if column in row}
    try:
        return Example(f"test-{at}", *task_format.read(fields, ""))
    except (KeyError, TypeError) as error:
        raise ValueError(str(error)) from None


def _rows(path: Path, wanted: Collection[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and row of those that are wanted; only these are parsed where rows stand on lines.

    Raises:
        ValueError: no file of a kind and size that is read here.
    """
    kind, size = path.suffix.lower(), path.stat().st_size
    whole = kind == ".json"
    if not path.is_file() or size > (MOST_ARRAY if whole else MOST_BYTES):
        raise ValueError("no file, or too large a one")
    if kind in (".csv", ".tsv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter="\t" if kind == ".tsv" else ",", strict=True)
            lines = filter(None, reader)
            head = next(lines, [])
            found = ((at, dict(zip(head, line, strict=True))) for at, line in enumerate(lines))
            yield from (one for one in found if one[0] in wanted)
    elif kind in (".jsonl", ".ndjson", ".json"):
        text = path.read_text(encoding="utf-8-sig")
        if text.lstrip().startswith("["):
            if size > MOST_ARRAY:
                raise ValueError("too large")
            yield from ((at, one) for at, one in enumerate(json.loads(text)) if at in wanted)
        else:
            kept = (line for line in text.split("\n") if line.strip())
            yield from ((at, json.loads(line)) for at, line in enumerate(kept) if at in wanted)
    else:
        raise ValueError("read by another library")
