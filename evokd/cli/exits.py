"""Exit codes, and how an exception becomes one message and one of them.

0 done (also when a budget ended the run), 1 failed, 2 wrong usage or config, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
DEBUG = "EVOKD_DEBUG"
"""Environment variable: 1 prints the traceback of an unexpected error."""

_USAGE_ERRORS = (("evokd.config", "ConfigError"), ("prompts.render", "TemplateError"))
_RUN_ERRORS = (("evokd.config", "RunError"), ("evokd.runs.files", "Unreadable"))
_OWN = (typer.Exit, typer.Abort, typer.TyperException)
"""What typer itself turns into an exit code: wrong options end with 2 and a line on usage."""


class Guarded(TyperGroup):
    """The group of all commands: nothing leaves it as a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an exception becomes a message on stderr and an exit code."""
        try:
            return super().invoke(ctx)
        except _OWN:
            raise
        except BrokenPipeError:  # `evokd trace DIR | head`: typer ends quietly
            raise
        except (Exception, KeyboardInterrupt) as error:
            raise typer.Exit(explain(error)) from None


def explain(error: BaseException) -> int:
    """Print what went wrong; gives the exit code."""
    if isinstance(error, KeyboardInterrupt):
        complain("interrupted", error)
        return INTERRUPTED
    if _is_one_of(error, _USAGE_ERRORS):
        complain(str(error), error)
        return USAGE
    if _is_one_of(error, _RUN_ERRORS):
        complain(str(error), error)
        return FAILED
    if os.environ.get(DEBUG) == "1":
        traceback.print_exception(error)
        return FAILED
    said = " ".join(str(error).split())
    hint = "`evokd doctor` tells what is missing; " if isinstance(error, ImportError) else ""
    complain(
        f"unexpected {type(error).__name__}: {said} ({hint}{DEBUG}=1 shows the traceback)", error
    )
    return FAILED


def complain(text: str, error: BaseException | None = None) -> None:
    """A message on stderr, with the notes of its exception."""
    from evokd.cli.screen import harmless

    notes = getattr(error, "__notes__", ())
    typer.echo(f"evokd: {harmless(text, lines=True)}", err=True)
    for note in notes:
        typer.echo(harmless(note), err=True)


def _is_one_of(error: BaseException, known: Sequence[tuple[str, str]]) -> bool:
    """Looked up by name: an error whose module was never imported can't have been raised."""
    classes = [getattr(sys.modules.get(module), name, None) for module, name in known]
    return any(cls is not None and isinstance(error, cls) for cls in classes)
