"""What was read and has not changed since: sums over 100,000 calls are made once, not at each view.

An entry is good while the files it was made of have the same time and size.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Stamp = tuple[tuple[int, int], ...]


def stamp(files: Iterable[Path]) -> Stamp:
    """Time of change and size of files; of a database, of its log as well."""
    return tuple(_one(path) for file in files for path in (file, Path(f"{file}-wal")))


def _one(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


class FileCache:
    """The last things read, at most `most` of them; any thread may ask."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: OrderedDict[Hashable, tuple[Stamp, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, files: Iterable[Path], make: Callable[[], T]) -> T:
        """What `make` gave when the files were last as they are now."""
        now = stamp(files)  # before reading: a file that changes meanwhile is read again
        with self._lock:
            found = self._kept.get(key)
            if found is not None and found[0] == now:
                self._kept.move_to_end(key)
                kept: T = found[1]
                return kept
        made = make()
        with self._lock:
            self._kept[key] = (now, made)
            self._kept.move_to_end(key)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return made
