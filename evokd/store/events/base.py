"""What every event says: when, in which round, at which node, of which call and row."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from evokd.store.clock import now


class BaseEvent(BaseModel):
    """One happening; the classes of the other files add what happened."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: str = Field(default_factory=now)
    round: int = 0
    node: str = ""
    call: str | None = None
    row: str | None = None
    """Id of the generated row the event is about."""
