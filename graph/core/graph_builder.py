"""A state machine in the making: nodes that are traced, edges that are LangGraph's own."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from langgraph.graph import END, START, StateGraph

from graph.core.routes import STOP, go_on
from graph.core.run_context import RunContext
from graph.core.traced_node import NodeFunction, traced_node
from graph.core.wiring import drawn_edges, givers

__all__ = ["END", "START", "GraphBuilder"]


class GraphBuilder:
    """LangGraph's StateGraph; the nodes learn who can wake them when it is compiled."""

    def __init__(self, run: RunContext, state: type, **given: Any) -> None:
        """Begin with nothing.

        Args:
            run: The run's live services, closed over by the nodes.
            state: What flows along the edges, a TypedDict.
            given: What every node gets besides its context: the loop's its `method`.
        """
        self.run = run
        self._given = given
        self._graph: Any = StateGraph(state)
        self._givers: dict[str, frozenset[str]] = {}

    def node(self, name: str, function: NodeFunction | None = None) -> None:
        """Add a node; without a function, that of the loop's node by this name."""
        work = function or loop_node(name)
        self._graph.add_node(name, traced_node(name, work, self._givers, self.run, self._given))

    def edge(self, source: str, target: str) -> None:
        """When `source` is done, `target` works."""
        self._graph.add_edge(source, target)

    def branch(
        self, source: str, route: Callable[..., Any], ways: Mapping[Hashable, str] | Sequence[str]
    ) -> None:
        """`route` says where the work goes; `ways`, for the drawing, where it may."""
        self._graph.add_conditional_edges(source, route, ways)

    def unless_stopped(self, source: str, target: str) -> None:
        """On to `target`, unless there is a reason to stop."""
        self.branch(source, go_on([target]), {STOP: END, target: target})

    def compile(self, checkpointer: Any = None) -> Any:
        """The graph, ready to run; `checkpointer` is None to draw, or under `langgraph dev`."""
        compiled = self._graph.compile(checkpointer=checkpointer)
        self._givers.update(givers(drawn_edges(compiled)))
        return compiled


def loop_node(name: str) -> NodeFunction:
    """The function in `graph/nodes/<name>.py`."""
    found: NodeFunction = getattr(importlib.import_module(f"graph.nodes.{name}"), name)
    return found
