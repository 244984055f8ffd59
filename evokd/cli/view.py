"""`evokd view`: the viewer over a folder, until Ctrl-C."""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path

import typer

from evokd.cli.screen import harmless, remark
from evokd.viewer.server import ServedAt, serve


def view(directory: Path, port: int, host: str, open_browser: bool) -> None:
    """Serve the folder and say where.

    Raises:
        ConfigError: no such folder, or host and port can't be had.
    """

    def ready(at: ServedAt) -> None:
        if not at.loopback:
            remark(
                f"warning: others can reach this: who has the address sees all of {directory}, and"
                " nothing is encrypted on the way. It holds a token; keep it to yourself."
            )
        typer.echo(f"{at.address}  serves {harmless(str(directory))}; Ctrl-C ends it")
        if at.loopback:
            typer.echo(
                f"to give verdicts (loop.human) and write notes, open {at.writes} and keep it to"
                " yourself"
            )
        if open_browser:  # apart: a browser of the terminal would keep the server waiting
            threading.Thread(target=_open, args=(at.here,), daemon=True).start()

    serve(directory, port, ready, host)


def _open(address: str) -> None:
    if not webbrowser.open(address):
        remark("no browser could be opened; open the address by hand")
