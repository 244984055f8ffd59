"""Indexes of long runs are made beside the pages: one at a time, in one thread of the reader.

A page shows what was found so far and how far the index is. The thread ends when nothing is left to
read, and dies with the process: the next reader goes on where it stopped.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque

from evokd.runs.files import Unreadable
from evokd.runs.search.index import SearchIndex
from evokd.runs.search.index_file import NoIndex

PAUSE_S = 0.5
"""Before another look, where another process is at the same index."""
LOG = logging.getLogger("evokd.search")


class Builder:
    """Reads on in the background; any thread may ask."""

    def __init__(self) -> None:
        self._waiting: deque[SearchIndex] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self, index: SearchIndex) -> None:
        """Have an index made whole, when its turn comes; once is enough."""
        with self._lock:
            if all(index.path != other.path for other in self._waiting):
                self._waiting.append(index)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="search", daemon=True)
                self._thread.start()

    def is_at(self, index: SearchIndex) -> bool:
        """Whether an index waits for its turn, or is being made."""
        with self._lock:
            return any(index.path == other.path for other in self._waiting)

    def join(self, seconds: float) -> None:
        """Wait until nothing is left to do, or so long."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                index = self._waiting[0]
            try:
                _finish(index)
            except (NoIndex, Unreadable) as problem:
                LOG.warning("%s: %s", index.run.name, problem)  # its page says so as well
            finally:
                with self._lock:
                    self._waiting.remove(index)


def _finish(index: SearchIndex) -> None:
    before = -1
    while True:
        progress = index.catch_up(math.inf)
        if progress.whole or progress.read == before:
            return  # the other one that was at it makes no progress: a page asks again
        before = progress.read
        time.sleep(PAUSE_S)
