"""The run as a whole: its processes, its nodes, its budget, its end."""

from __future__ import annotations

from typing import Literal

from evokd.config import Limit
from evokd.store.events.base import BaseEvent


class Begun(BaseEvent):
    """A process began to work on the run."""

    type: Literal["begun"] = "begun"
    run: str
    """The run's id."""
    name: str
    method: str
    seed: int
    resumed: bool
    prompts: str = ""
    """The pack of prompts, and why it is that one."""


class NodeStarted(BaseEvent):
    """A node of the graph began."""

    type: Literal["node_started"] = "node_started"
    source: str
    task: str


WAITS = "waits for a person"
"""`NodeEnded.error` of a node that will run again when it has its answer."""


class NodeEnded(BaseEvent):
    """A node of the graph ended."""

    type: Literal["node_ended"] = "node_ended"
    task: str
    seconds: float
    error: str | None = None


class Budgeted(BaseEvent):
    """Little of a limit is left, or none; said once a process for each."""

    type: Literal["budgeted"] = "budgeted"
    limit: Limit
    agent: str | None
    """None for the limit of the whole run."""
    spent: float
    allowed: float
    reached: bool
    """No further request fits."""


class Warned(BaseEvent):
    """Something a reader should know that stopped nothing."""

    type: Literal["warned"] = "warned"
    text: str
    grave: bool = False
    """Something failed as a whole, though the run goes on: people see it in red."""


class Interrupted(BaseEvent):
    """Somebody asked the run to stop (Ctrl-C, SIGTERM): heard at once, not kept on file."""

    type: Literal["interrupted"] = "interrupted"
    again: bool
    """Not for the first time: the step in progress is given up."""


class Stopped(BaseEvent):
    """The run came to its end, or was interrupted."""

    type: Literal["stopped"] = "stopped"
    status: str
    reason: str
