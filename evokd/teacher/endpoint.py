"""What the client sends requests to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from evokd.config import Endpoint
from evokd.teacher.limiter import Limiter
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from evokd.teacher.tokens import PromptEstimator


class Teacher(Protocol):
    """One model at one address, shared by all the roles that name it."""

    config: Endpoint
    limiter: Limiter
    estimator: PromptEstimator

    async def send(self, request: Request, seed: int, metadata: Mapping[str, Any]) -> Reply:
        """One request, one attempt.

        Args:
            request: What is asked.
            seed: Of the sampling.
            metadata: What LangChain's callbacks are told of the call.

        Raises:
            Fault: whatever went wrong, classified; nothing else but cancellation.
        """
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...
