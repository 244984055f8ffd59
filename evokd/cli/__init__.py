"""The command line: `evokd --help`. Importing this package imports nothing heavy."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the `evokd` script; the exit codes stand in `evokd.cli.exits`."""
    for stream in (sys.stdout, sys.stderr):
        # a terminal that can't show a character shows a question mark, it does not end the run
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a script's are files
    try:
        from evokd.cli.commands import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)
