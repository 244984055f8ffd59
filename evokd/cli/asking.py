"""Asking a person at the terminal, and saying what was found, in harmless lines."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from evokd.cli.screen import harmless

Ask = Callable[[str, str], str]
"""Question and default → answer."""


def at_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask_person(question: str, default: str) -> str:
    """What a person answers; an empty default makes no answer one, too."""
    try:
        said: str = typer.prompt(harmless(question), default=default, show_default=bool(default))
    except typer.Abort:  # Ctrl-C, or the end of the input; typer would call it a failure
        raise KeyboardInterrupt from None
    return said.strip()


def say(text: str) -> None:
    """A line; the spaces in front of it stay."""
    indent = len(text) - len(text.lstrip(" "))
    typer.echo(" " * indent + harmless(text))
