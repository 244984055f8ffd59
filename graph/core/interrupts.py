"""Ctrl-C and SIGTERM, made into an end in order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator, Sequence

from langgraph.runtime import RunControl

from evokd.store.events import Interrupted, Listener


@contextlib.contextmanager
def drain_on_interrupt(control: RunControl, listeners: Sequence[Listener] = ()) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the step in progress in order; a second one doesn't wait.

    Listeners hear of each at once: a step can take minutes.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def interrupted() -> None:
        again = bool(control.drain_requested)
        if again and task is not None:
            task.cancel()
        control.request_drain("interrupted; `evokd resume` goes on from here")
        for listener in listeners:
            listener(Interrupted(again=again))

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
