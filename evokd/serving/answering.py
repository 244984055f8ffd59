"""A request answered: the student's verdicts, and the teacher's where the student is unsure."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evokd.runs.answers import given_label, said
from evokd.runs.typed import Typed
from evokd.serving.asked import Asked, read_asked
from evokd.serving.batching import Batcher
from evokd.serving.deferral import Deferral
from evokd.serving.limits import Limits
from evokd.serving.metrics import Metrics
from evokd.serving.refusal import Refusal
from student.results import Prediction

MARGIN_S = 0.5
"""Kept of a request's time for its answer, where the teacher takes longer than there is."""
PARSED_HERE = 20_000
"""Bytes of a body that are read on the event loop; larger ones in a thread, so that they hold up
nobody else."""


@dataclass(frozen=True)
class Answering:
    """What answers `/predict`."""

    labels: tuple[str, ...]
    typed: Typed
    batcher: Batcher
    limits: Limits
    metrics: Metrics
    abstain_below: float | None = None
    """Least confidence of an answer where a request names none; None: every text is answered."""
    deferral: Deferral | None = None
    below: float = 0.0
    """Confidence below which the teacher is asked."""

    async def answer(self, body: bytes) -> Any:
        """The document that answers a body.

        Raises:
            Refusal: with its status.
        """
        asked = await self._read(body)
        deadline = asyncio.get_running_loop().time() + self.limits.timeout_s
        try:
            async with asyncio.timeout_at(deadline):
                verdicts, logs = await self.batcher.ask(asked.texts)
        except TimeoutError:
            said_ = f"the student did not come to it within {self.limits.timeout_s:g} s"
            raise Refusal(503, said_, retry_after_s=self.limits.timeout_s) from None
        self.metrics.texts.add(len(asked.texts))
        least = self._least(asked)
        chosen = logs if asked.probabilities else None
        lines = said(self.labels, self.typed.kind, asked.texts, verdicts, chosen, least)
        if self.deferral is not None:
            await self._defer(self.deferral, asked.texts, verdicts, lines, deadline)
        self.metrics.abstained.add(sum(line.get("abstained", False) for line in lines))
        return lines[0] if asked.single else {"answers": lines}

    async def _read(self, body: bytes) -> Asked:
        if len(body) <= PARSED_HERE:
            return read_asked(body, self.typed, self.limits)
        return await asyncio.to_thread(read_asked, body, self.typed, self.limits)

    def _least(self, asked: Asked) -> float | None:
        least = self.abstain_below if asked.abstain_below is None else asked.abstain_below
        return least if self.deferral is None else max(least or 0.0, self.below)

    async def _defer(
        self,
        deferral: Deferral,
        texts: Sequence[str],
        verdicts: Sequence[Prediction],
        lines: list[dict[str, Any]],
        deadline: float,
    ) -> None:
        """Put the teacher's labels in; `confidence` and the rest stay the student's."""
        for line in lines:
            line["by"] = "student"
        unsure = [place for place, one in enumerate(verdicts) if one.confidence < self.below]
        if not unsure:
            return
        left = deadline - asyncio.get_running_loop().time() - MARGIN_S
        found = await deferral.ask([texts[place] for place in unsure], left)
        for place, one in zip(unsure, found, strict=True):
            if one.label is not None:
                label = given_label(self.typed.kind, one.label)
                lines[place] |= {"label": label, "abstained": False, "by": "teacher"}
            else:
                lines[place]["reason"] = one.reason


def dumped(document: Any) -> bytes:
    """JSON in UTF-8."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
