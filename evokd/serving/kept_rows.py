"""Texts that the teacher labelled, a JSON line each, for the next training.

A line has the columns of `task.data`, so that the file can be named in `task.data.train`, and a
column `evokd` with where the row came from. It is on the disk before its text is answered.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evokd.config import ConfigError
from evokd.store.artefacts import dumps

ORIGIN = "evokd"
"""The column of a row's origin, which no task reads."""


def text_key(text: str) -> str:
    """Names a text in the file and in the books."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class KeptRows:
    """The file, one writer; what it holds is known by the texts' keys."""

    def __init__(self, file: Path) -> None:
        """Read what is there; a line that a killed process left half-written goes.

        Raises:
            ConfigError: a line that is no row.
        """
        self.file = file
        self.labels: dict[str, str] = {}
        """Key of a text → the teacher's label."""
        if file.exists():
            self._read()

    def _read(self) -> None:
        data = self.file.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            os.truncate(self.file, len(whole))
        for number, line in enumerate(whole.decode("utf-8").splitlines(), 1):
            try:
                origin = json.loads(line)[ORIGIN]
                self.labels[str(origin["text"])] = str(origin["label"])
            except (ValueError, KeyError, TypeError):
                raise ConfigError(
                    f"{self.file}: line {number} is no row that `evokd serve` wrote; mend it, or"
                    " move the file away"
                ) from None

    def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows and wait until they are on the disk.

        Raises:
            OSError: they can't be written; the file is as it was.
        """
        text = "".join(f"{dumps(row)}\n" for row in rows).encode()
        with self.file.open("ab") as file:
            before = file.tell()
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.truncate(self.file, before)
                raise
        self.remember((row[ORIGIN]["text"], row[ORIGIN]["label"]) for row in rows)

    def remember(self, labels: Iterable[tuple[str, str]]) -> None:
        """Texts by their keys that the teacher need not be asked again."""
        self.labels.update(labels)
