"""The command line: `evokd --help`. Importing this package imports nothing heavy."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the `evokd` script; the exit codes stand in `evokd.cli.exits`."""
    from evokd.cli.streams import prepare_streams

    prepare_streams()
    try:
        from evokd.cli.commands import app

        app(prog_name="evokd")
    except KeyboardInterrupt:
        sys.exit(130)
