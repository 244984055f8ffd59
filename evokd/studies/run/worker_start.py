"""How worker processes are started: forked from a small server that has made their imports.

They come up at once, however many, and again when one died. The driver itself, with its threads,
is never forked. This module imports nothing of weight, so that the server can be at work while the
driver still reads and checks the study.
"""

from __future__ import annotations

import sys
from multiprocessing import forkserver, get_context
from multiprocessing.context import BaseContext

PRELOADED = ("datasets", "sklearn.metrics", "student.encoder.encoder", "evokd.studies.run.worker")
"""What a run begins with: seconds of imports that are no cell's."""


def context() -> BaseContext:
    """Forks from the server where that is safe, else fresh processes."""
    if sys.platform != "linux":  # macOS: libraries there don't survive a fork
        return get_context("spawn")
    made = get_context("forkserver")
    made.set_forkserver_preload(list(PRELOADED))
    return made


def prepare() -> None:
    """Start the server now, where there is to be one."""
    if context().get_start_method() == "forkserver":
        forkserver.ensure_running()
