"""What all batches of an endpoint work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import tenacity

from evokd.config import BatchConfig, Endpoint
from evokd.store.events import Listener
from evokd.teacher.batch.api import BatchApi
from evokd.teacher.batch.records import BatchRecords
from evokd.teacher.faults import Fault
from evokd.teacher.retrying import retrying

SOONER = 16
"""The first look at a batch, and the first repetition of a call of the API, come after this part of
`poll_s`; each wait is twice the one before."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BatchDesk:
    """Services and settings."""

    config: Endpoint
    settings: BatchConfig
    api: BatchApi
    records: BatchRecords
    tell: Listener

    async def patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask again where that may help, as often as the endpoint's `retries` say.

        Raises:
            Fault: the last one.
        """
        wait_s = self.settings.poll_s / SOONER
        async for attempt in retrying(self.config.retries, wait_s, _tell_nobody):
            with attempt:
                return await ask()
        raise AssertionError("tenacity returns or reraises")

    def unheard(self, batch: str, fault: Fault) -> str:
        """Why a run ends whose batch may yet be done."""
        where = self.config.base_url or self.config.title
        return (
            f"{where}: {batch} can't be asked after ({fault}); what is in it stays open in the"
            " books, and `evokd resume` asks again"
        )


def _tell_nobody(state: tenacity.RetryCallState) -> None:
    """Of a look that is repeated nobody needs to hear."""
