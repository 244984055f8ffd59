"""Files by content hash: what the graph's state refers to instead of holding it."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Ref = str
"""`sha256:` and 64 hex digits."""


class Artefacts:
    """A folder of JSON lines files, each named by the hash of its content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, rows: Iterable[Any]) -> Ref:
        """Store JSON values, one a line; the same values always give the same reference."""
        text = "".join(f"{dumps(row)}\n" for row in rows)
        data = text.encode()
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        if not path.exists() or path.stat().st_size != len(data):
            path.parent.mkdir(exist_ok=True)
            write_atomic(path, text, durable=False)
        return f"sha256:{digest}"

    def get(self, ref: Ref) -> list[Any]:
        """The values behind a reference.

        Raises:
            FileNotFoundError: the run directory lost the file.
        """
        return [json.loads(line) for line in self.text(ref).splitlines()]

    def text(self, ref: Ref) -> str:
        """The stored file as it is.

        Raises:
            FileNotFoundError: the run directory lost the file, or part of it (a power cut).
        """
        digest = ref.removeprefix("sha256:")
        path = self._path(digest)
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            raise FileNotFoundError(f"{path}: is damaged; start a new run")
        return data.decode()

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / f"{digest}.jsonl"


def dumps(value: Any) -> str:
    r"""JSON on one line, keys sorted, Unicode readable.

    Escaped all the same: line separators beyond ``\n`` (many readers split there) and lone
    surrogates (a model can send one; UTF-8 has no form for it).
    """
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


_UNSAFE = re.compile("[\x85\u2028\u2029\ud800-\udfff]")


def write_atomic(path: Path, text: str, durable: bool = True) -> None:
    """Write a file so that a reader, or a killed process, leaves the old one or the whole new one.

    Args:
        path: The file.
        text: Its content.
        durable: Wait until it is on the disk. Without, a power cut can lose what was written
            last, as it can in the ledger; a killed process can't.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        if durable:
            os.fsync(file.fileno())
    part.replace(path)
