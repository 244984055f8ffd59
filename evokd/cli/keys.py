"""One key at a time from a terminal; without one, the first word of a line."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

Press = Callable[[], str]
"""The next key, or word; empty at the end of the input."""
ENDS = ("\x03", "\x04")
"""Ctrl-C and Ctrl-D, which a raw terminal hands over as they are."""


@contextlib.contextmanager
def keys() -> Iterator[Press]:
    """A way to read keys; the terminal is as before afterwards."""
    if not sys.stdin.isatty():
        yield _word
        return
    import termios
    import tty

    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)

    def press() -> str:
        tty.setcbreak(number)
        try:
            return sys.stdin.read(1)
        finally:
            termios.tcsetattr(number, termios.TCSADRAIN, before)

    try:
        yield press
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)


def _word() -> str:
    """A line's content; blank lines are passed over."""
    for line in sys.stdin:
        if line.strip():
            return line.strip()
    return ""
