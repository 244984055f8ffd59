"""One step over an edge of the graph: what a call is booked on."""

from __future__ import annotations

from dataclasses import dataclass

PATHS = "paths"
"""Source of the edge on which the calls of an agent that takes several paths are booked
(`loop.decoding`): `paths → labeler`, so that tables say what decoding cost."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The node that handed the work over, the node that works, and which execution this is."""

    source: str
    target: str
    thread: str
    """The run's id."""
    task: str
    """LangGraph's task id: the same after a resume, which is what makes the journal work."""
    node_attempt: int
    round: int
