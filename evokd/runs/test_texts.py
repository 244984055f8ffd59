"""The texts of a run's test rows, from the file that its config names.

The file lies outside of the run, and whoever made the run chose which. So it is read only where it
is, byte for byte, the file that the run says it was tested on, and only rows are taken from it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evokd.runs.files import Unreadable
from evokd.runs.run import Run, mapping

MOST_BYTES = 50_000_000
LINES, TABLES = (".jsonl", ".ndjson"), {".csv": ",", ".tsv": "\t"}
SEEN = 4000
"""Characters of a text."""


def _file_of(run: Run) -> Path:
    """Where a run's test rows lie.

    Raises:
        Unreadable: why their texts can't be shown.
    """
    data = mapping(mapping(run.config.get("task")).get("data"))
    name = data.get("test")
    if data.get("hub"):
        raise Unreadable("The test rows lie on the hub, which the viewer doesn’t ask for texts.")
    if not name:
        raise Unreadable("The test rows were split off the train file; their texts aren’t shown.")
    path = Path(str(name))
    if path.suffix.lower() not in (*LINES, ".json", *TABLES):
        raise Unreadable(f"The viewer reads no texts out of {path.name}.")
    return path


def read_test_texts(run: Run) -> dict[str, str]:
    """Id of a test row → its text, its beginning where it is long.

    Raises:
        Unreadable: why there are none, in a sentence.
    """
    path = _file_of(run)
    said = mapping(run.info.get("data")).get("test")
    if not said:
        raise Unreadable("The run doesn’t say which test file it saw, so no texts are shown.")
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            raise Unreadable(f"The test file {path.name} isn’t here (or too large), so no texts.")
        raw = path.read_bytes()
    except OSError:
        raise Unreadable(f"The test file {path.name} can’t be read, so no texts.") from None
    if hashlib.sha256(raw).hexdigest() != said:
        raise Unreadable(f"The test file {path.name} has changed since the run, so no texts.")
    task = mapping(run.config.get("task"))
    columns = mapping(task.get("data"))
    rows = _rows(raw.decode("utf-8-sig", errors="replace"), path)
    kind = str(task.get("kind"))
    return {f"test-{at}": _text(kind, columns, row)[:SEEN] for at, row in enumerate(rows)}


def _rows(text: str, path: Path) -> list[Mapping[str, Any]]:
    """In the order of the file, as `evokd.tasks.loading` counts them."""
    suffix = path.suffix.lower()
    try:
        if suffix in TABLES:
            return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=TABLES[suffix]))
        if text.lstrip().startswith("["):
            return [mapping(row) for row in json.loads(text)]
        return [mapping(json.loads(line)) for line in text.split("\n") if line.strip()]
    except (ValueError, RecursionError, csv.Error):
        raise Unreadable(f"The test file {path.name} can’t be read, so no texts.") from None


def _text(kind: str, columns: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """As a person reads it: the parts of a compound one on lines of their own."""

    def cell(field: str) -> Any:
        return row.get(str(columns.get(field) or field))

    if kind == "pair":
        return f"{_said(cell('premise'))}\n{_said(cell('hypothesis'))}"
    if kind == "choice":
        return f"{_said(cell('question'))}\n{_said(cell('choices'))}"
    if kind == "ner":
        return _said(cell("tokens"), " ")
    return _said(cell("question" if kind == "reasoning" else "text"))


def _said(value: Any, between: str = "\n") -> str:
    if isinstance(value, list):
        return between.join(map(str, value))
    if isinstance(value, dict):
        values = value.get("text")
        told = values if isinstance(values, list) else [f"{k}. {v}" for k, v in value.items()]
        return between.join(map(str, told))
    return "" if value is None else str(value)
