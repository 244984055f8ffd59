"""Trackers of runs and studies begun from Python: warnings go to the logger `evokd.tracking`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

from evokd.config import Config
from evokd.store.events import Listener
from evokd.tracking.listener import Trackers

LOG = logging.getLogger("evokd.tracking")


@contextlib.asynccontextmanager
async def tracked(config: Config, run: Path) -> AsyncIterator[tuple[Listener, ...]]:
    """The listeners to add; the loop goes on while trackers are waited for at the end."""
    if not config.track:
        yield ()
        return
    trackers = Trackers(config, run)
    try:
        yield (trackers,)
    finally:
        for warning in await asyncio.to_thread(trackers.close):
            LOG.warning("%s", warning)
