"""The command line: `evokd --help`. Importing this package imports nothing heavy."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Entry point of the `evokd` script; the exit codes stand in `evokd.cli.exits`."""
    from evokd.cli.streams import prepare_streams

    prepare_streams()
    if "_EVOKD_COMPLETE" in os.environ:  # a shell asks what could stand there
        from evokd.cli.completion import prepare

        prepare()
    try:
        from evokd.cli.commands import app

        app(prog_name="evokd")
    except KeyboardInterrupt:
        sys.exit(130)
