"""A live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import os
import sys
import textwrap
from collections.abc import Callable

from rich.live import Live
from rich.table import Table
from rich.text import Text

from evokd.cli.screen import console, harmless

NARROWEST = 20
"""Columns that the words of an indented line get at least."""


class LiveScreen:
    """Lines scroll by; on a terminal the display stays below them."""

    def __init__(self, render: Callable[[], Table]) -> None:
        """`render` is called four times a second, by a thread of its own."""
        self._live: Live | None = None
        if _is_terminal():
            self._live = Live(
                get_renderable=render, console=console(), refresh_per_second=4, transient=True
            )

    @property
    def shown(self) -> bool:
        """Whether there is a display, which saves some lines."""
        return self._live is not None

    def start(self) -> None:
        """Begin to draw."""
        if self._live is not None:
            self._live.start()

    def stop(self) -> None:
        """Take the display away; a screen that is gone is no matter."""
        if self._live is not None:
            with contextlib.suppress(OSError):
                self._live.stop()

    def say(self, text: str, style: str = "", hang: int = 0) -> None:
        """One line, on a terminal in a style and wrapped; a pipe gets it whole, to be searched.

        Args:
            text: The line.
            style: On a terminal.
            hang: Columns that its further lines are indented by.

        Raises:
            OSError: the screen went away.
        """
        line = harmless(text, lines=True)
        if self._live is None:
            print(line, flush=True)
            return
        screen = self._live.console
        wide = max(screen.width, hang + NARROWEST)
        lines = textwrap.wrap(line, wide, subsequent_indent=" " * hang, break_on_hyphens=False)
        screen.print(Text("\n".join(lines), style=style))


def _is_terminal() -> bool:
    """A real one: FORCE_COLOR makes rich believe in terminals that are files."""
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")
