"""A LangChain callback handler as a user would write one: it keeps all that it is told."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.tracers.context import register_configure_hook


class Listener(AsyncCallbackHandler):
    """Hears of each call when it starts, and when it ends or fails."""

    def __init__(self) -> None:
        self.started: list[UUID] = []
        self.ended: list[UUID] = []
        self.failed: list[UUID] = []
        self.metadata: dict[UUID, dict[str, Any]] = {}
        self.tags: list[str] = []
        self.parents: list[UUID | None] = []
        self.all: list[Any] = []
        """Everything, for those who look for what must not be there."""

    async def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[Any]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.started.append(run_id)
        self.metadata[run_id] = metadata or {}
        self.tags += tags or []
        self.parents.append(parent_run_id)
        self.all += [serialized, messages, metadata, tags, kwargs]

    async def on_llm_end(self, response: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self.ended.append(run_id)
        self.all += [response, kwargs]

    async def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self.failed.append(run_id)
        self.all += [error, vars(error), kwargs]


_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)
register_configure_hook(_listener, inheritable=True)


@contextlib.contextmanager
def listening() -> Iterator[Listener]:
    """One that hears whatever LangChain does inside the block."""
    listener = Listener()
    token = _listener.set(listener)
    try:
        yield listener
    finally:
        _listener.reset(token)
