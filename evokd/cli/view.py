"""`evokd view`: the viewer over a folder, until Ctrl-C."""

from __future__ import annotations

from pathlib import Path

from evokd.cli.screen import show
from evokd.viewer.server import serve


def view(directory: Path, port: int) -> None:
    """Serve the folder and say where."""
    serve(directory, port, lambda address: show(f"{address}  serves {directory}; Ctrl-C ends it"))
