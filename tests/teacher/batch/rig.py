"""A metered client whose endpoint is asked by batches, over books that a second one can take up."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from evokd.config import BudgetConfig
from evokd.ledger.budget import Budget
from evokd.teacher.batch.teacher import BatchTeacher
from evokd.teacher.metered_client import MeteredClient
from evokd.teacher.metering import Metering
from tests.servers.fake_batches import FakeBatches
from tests.servers.rig import EDGE, Rig

QUICK = {"poll_s": 0.02, "gather_s": 0.03}


class BatchRig(Rig):
    """A desk, its books and one endpoint."""

    def __init__(
        self, folder: Path, url: str, budget: BudgetConfig | None = None, **endpoint: Any
    ) -> None:
        settings = {**QUICK, **endpoint.pop("batch", {})}
        super().__init__(folder, url, batch=settings, **endpoint)
        config = self.teacher.config
        assert config.batch is not None
        self.teacher = self.by_batches = BatchTeacher(config, config.batch)
        self.by_batches.work_in(folder / "batches.jsonl", self.events.append)
        limits = budget or BudgetConfig(tokens=None)
        self.metering = Metering(
            self.ledger,
            Budget(limits, self.ledger.spent()),
            self.events.append,
            seed=1,
            backoff_s=0.001,
        )
        self.client = MeteredClient(self.metering, [self.teacher], "labeler", EDGE)


@contextlib.asynccontextmanager
async def rigged(folder: Path, server: FakeBatches, **more: Any) -> AsyncIterator[BatchRig]:
    rig = BatchRig(folder, server.url, **more)
    try:
        yield rig
    finally:
        await rig.close()
