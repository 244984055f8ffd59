"""Trackers of `evokd run`, `evokd resume` and `evokd study`: warnings, and where to look."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import typer

from evokd.cli.screen import harmless, remark
from evokd.config import Config
from evokd.store.events import Listener


@contextlib.contextmanager
def tracked(config: Config, run: Path) -> Iterator[tuple[Listener, ...]]:
    """The listeners to add; what a tracker lacks at the end is remarked, once."""
    if not config.track:
        yield ()
        return
    from evokd.tracking.listener import tracking

    with tracking(config, run, say=warn) as listeners:
        yield listeners


def warn(text: str) -> None:
    """Say what a tracker lacks."""
    remark(f"warning: {text}")


def show_pages(folder: Path) -> None:
    """How to see a run, or a study, in its trackers; nothing where it has none."""
    from evokd.tracking.study import pages_of

    for name, look in pages_of(folder).items():
        typer.echo(harmless(f"{name}: {look}"))  # never broken over lines: it is to be copied
