"""Silence for libraries that print: what one thread prints is dropped, others print as ever."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO


class _Sieve:
    """A stream that drops what one thread writes. It may outlive its use: then it drops nothing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._hushed = stream, threading.get_ident()

    def write(self, text: str) -> int:
        """Of the thread that made it: nothing."""
        if threading.get_ident() == self._hushed:
            return len(text)
        return self._stream.write(text)

    def open(self) -> None:
        """Let everything pass."""
        self._hushed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Drop what this thread prints inside; `redirect_stdout` would take it from all threads."""
    before = sys.stdout
    sieve: Any = _Sieve(before)
    sys.stdout = sieve
    try:
        yield
    finally:
        sieve.open()
        if sys.stdout is sieve:  # else somebody has put a stream of their own over it
            sys.stdout = before
