"""How an endpoint is asked by OpenAI's Batch API: what takes hours, and costs half."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evokd.config.strict import Strict


class BatchConfig(Strict):
    """Requests of a step leave together as one batch; the run waits until the server has done it.

    For steps that have no turn to wait for: docs/design/batch.md says which.
    """

    poll_s: float = Field(30, gt=0)
    """Seconds between two looks at a batch; the first ones come sooner, those after a fault
    later."""
    window: Literal["24h"] = "24h"
    """Within this the server does the batch or gives it up; the API knows no other."""
    price_share: float = Field(0.5, gt=0, le=1)
    """Share of the endpoint's `price` that a batch costs."""
    gather_s: float = Field(5, gt=0)
    """Seconds without a further request after which those that wait leave as one batch."""
    requests: int = Field(10_000, ge=1, le=50_000)
    """Most requests of one batch, and most that are out at once. Lower it where a server limits
    the tokens that may wait in its queue."""
