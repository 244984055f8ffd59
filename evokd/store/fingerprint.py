"""SHA-256 of a file or a folder, each file read once a process unless it changed."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from evokd.store.weights import sha256_of


def fingerprint(path: Path) -> str | None:
    """SHA-256 of a file, or of all files in a folder; None where there is neither."""
    if path.is_file():
        return _sha256(path, path.stat().st_mtime_ns)
    if not path.is_dir():
        return None
    whole = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            content = _sha256(file, file.stat().st_mtime_ns)
            whole.update(f"{file.relative_to(path)}\0{content}\n".encode())
    return whole.hexdigest()


@functools.cache
def _sha256(path: Path, _changed_ns: int) -> str:
    return sha256_of(path)
