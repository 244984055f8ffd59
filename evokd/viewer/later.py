"""Sums that take longer than a page may: made by one thread beside the pages, and kept.

A page waits a moment for them. Then it shows what was known before, or that they are being made.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from evokd.runs.cache import Stamp, stamp

T = TypeVar("T")
PATIENCE_S = 0.1


@dataclass
class _Made:
    """What was asked for last by a key."""

    stamp: Stamp
    future: Future[Any]
    before: Any = None
    """What there was before; None: nothing."""


class Later:
    """The last sums that were asked for, at most `most` of them; any thread may ask."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: OrderedDict[Hashable, _Made] = OrderedDict()
        self._lock = threading.Lock()
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="evokd-later")

    def get(
        self,
        key: Hashable,
        files: Iterable[Path],
        make: Callable[[], T],
        patience_s: float = PATIENCE_S,
    ) -> T | None:
        """What `make` gives; of earlier files, or None, where that takes longer than one waits.

        Args:
            key: Of what is made.
            files: It is made anew when these have changed.
            make: Runs in a thread of its own; what it raises is raised here.
            patience_s: So long a page waits.
        """
        asked = self._asked(key, stamp(files), make)
        try:
            found: T = asked.future.result(timeout=patience_s)
        except Late:
            before: T | None = asked.before
            return before
        return found

    def _asked(self, key: Hashable, now: Stamp, make: Callable[[], Any]) -> _Made:
        with self._lock:
            known = self._kept.get(key)
            stale = known is not None and known.future.done() and known.stamp != now
            if known is None or stale:
                fine = known is not None and known.future.exception() is None
                before = known.future.result() if known is not None and fine else None
                known = self._kept[key] = _Made(now, self._maker.submit(make), before)
            self._kept.move_to_end(key)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
            return known
