"""What the last student says of each test row, for people to look at: right or wrong, and the text.

The answers stand in test_predictions.json; it holds no text. Those are read from the data file that
the config names, where it still is, byte for byte, the one that the run read. Nothing of this may
steer a run.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evokd.config import ConfigError, TaskConfig
from evokd.runs.cache import FileCache
from evokd.runs.classes import classes_of, paired_of
from evokd.runs.files import Unreadable, own
from evokd.runs.run import Run, mapping
from evokd.tasks.confusion import Pair
from evokd.tasks.example import Example
from evokd.tasks.formats import TaskFormat, task_format_of
from evokd.tasks.predictions import FINAL, TestPredictions

FILE = "test_predictions.json"
MOST_BYTES = 100_000_000
"""Of a data file whose rows stand on lines."""
MOST_ARRAY = 20_000_000
"""Of one that has to be read as a whole."""
_KEPT = FileCache(8)


@dataclass(frozen=True, slots=True)
class AnsweredRow:
    """A test row."""

    row: str
    label: str
    predicted: str
    pairs: tuple[Pair, ...]
    """The classes of both, see `TaskFormat.paired`."""
    text: str = ""
    """Empty where it can't be read."""

    @property
    def right(self) -> bool:
        return self.label == self.predicted


@dataclass
class TestAnswers:
    """Of the last student."""

    __test__ = False  # no test, whatever pytest makes of the name

    rows: list[AnsweredRow] = field(default_factory=list)
    """In the order of the file."""
    remark: str = ""
    """Why texts are missing, in words."""

    @property
    def wrong(self) -> list[AnsweredRow]:
        return [row for row in self.rows if not row.right]


def read_answers(run: Run) -> TestAnswers | None:
    """The answers with their texts; None where the run kept none."""
    try:
        file = own(run.path, FILE)
    except Unreadable:
        return None
    data = _data_file(run)
    files = [file, run.path / "run.json", run.path / "config.yaml", *([data] if data else [])]
    return _KEPT.get(run.path, files, lambda: _read(run, file))


def _read(run: Run, file: Path) -> TestAnswers | None:
    found = TestPredictions.read(file)
    if found is None or FINAL not in found.predicted:
        return None
    paired = paired_of(run)
    texts, remark = _texts(run, dict(zip(found.rows, _words(found), strict=True)))
    said = zip(found.rows, _words(found), found.words(FINAL), strict=True)
    return TestAnswers(
        [
            AnsweredRow(row, label, answer, tuple(paired(label, answer)), texts.get(row, ""))
            for row, label, answer in said
        ],
        remark,
    )


def _words(found: TestPredictions) -> list[str]:
    return [found.answers[place] for place in found.gold]


def _data_file(run: Run) -> Path | None:
    """The file with the test rows, where the config names one by its whole path."""
    data = mapping(mapping(run.config.get("task")).get("data"))
    named = data.get("test") or data.get("train")
    if data.get("hub") or not isinstance(named, str) or not Path(named).is_absolute():
        return None
    return Path(named)


def _texts(run: Run, gold: dict[str, str]) -> tuple[dict[str, str], str]:
    """Row → text, and why there are none.

    A file that is not the one of run.json, or gives a row another answer than the run had, is
    another file.
    """
    path = _data_file(run)
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
    if {row: one.label for row, one in rows.items()} != gold:
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


def classes_in(run: Run, answers: TestAnswers) -> list[str]:
    """The classes that occur among the answers, in the task's order."""
    known, _ = classes_of(run)
    met = {name for row in answers.rows for pair in row.pairs for name in pair if name is not None}
    return [*(name for name in known if name in met), *sorted(met - set(known))]
