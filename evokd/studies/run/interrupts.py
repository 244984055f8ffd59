"""Ctrl-C and SIGTERM as a number to look at, instead of an exception in the middle of things."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any


class Interrupts:
    """How often the user asked to stop: once to end in order, twice to hurry, more to give up."""

    def __init__(self) -> None:
        self.count = 0

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Count signals inside; outside the main thread there are none to be heard."""

        def handler(_number: int, _frame: FrameType | None) -> None:
            self.count += 1

        numbers = (signal.SIGINT, signal.SIGTERM)
        try:
            before: dict[int, Any] = {n: signal.signal(n, handler) for n in numbers}
        except ValueError:
            yield
            return
        try:
            yield
        finally:
            for number, old in before.items():
                signal.signal(number, old)
