"""Ctrl-C and SIGTERM, made into an end in order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator

from langgraph.runtime import RunControl


@contextlib.contextmanager
def drain_on_interrupt(control: RunControl) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the step in progress in order; a second one doesn't wait."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def interrupted() -> None:
        if control.drain_requested and task is not None:
            task.cancel()
        control.request_drain("interrupted; `evokd resume` goes on from here")

    handled = (signal.SIGINT, signal.SIGTERM)
    try:
        for number in handled:
            loop.add_signal_handler(number, interrupted)
    except (ValueError, RuntimeError, NotImplementedError):  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
