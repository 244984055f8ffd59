"""Wraps a node so that its edge is known, its start and end are traced."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from langgraph.errors import GraphInterrupt
from langgraph.runtime import Runtime

from evokd.ledger.edge import Edge
from evokd.store.events import WAITS, NodeEnded, NodeStarted
from graph.core.migration import migrated
from graph.core.node_context import NodeContext
from graph.core.run_context import RunContext
from graph.core.wiring import COLLECTORS

NodeFunction = Callable[..., Awaitable[dict[str, Any]]]
"""A node's work: the state (or a Send's payload), the context, and by name what its method gives
to all nodes of its graph → the state update."""


class UnknownGiver(Exception):
    """Who handed the work over can't be told: the wiring lets two branches wake a spender."""


def traced_node(
    name: str,
    work: NodeFunction,
    givers: Mapping[str, frozenset[str]],
    run: RunContext,
    given: Mapping[str, Any],
) -> Any:
    """A node function for LangGraph. `givers` is filled once the graph is compiled."""

    async def traced(state: Any, runtime: Runtime[None]) -> dict[str, Any]:
        state = migrated(state, run)
        source = source_of(name, state, givers.get(name, frozenset()))
        info = runtime.execution_info
        assert info is not None
        thread = info.thread_id or ""
        edge = Edge(source, name, thread, info.task_id, info.node_attempt, state["round"])
        node = NodeContext(run, edge)
        started = time.monotonic()
        node.emit(NodeStarted(source=source, task=edge.task))
        error: str | None = "interrupted"
        try:
            update = await work(state, node, **given)
            error = None
        except GraphInterrupt:
            error = WAITS
            raise
        except Exception as fault:
            error = f"{type(fault).__name__}: {fault}"
            raise
        finally:
            seconds = round(time.monotonic() - started, 3)
            node.emit(NodeEnded(task=edge.task, seconds=seconds, error=error))
        run.metering.ledger.freight(edge, node.freight)
        handed_on_by = source if name in COLLECTORS else name
        return {**update, "came_from": [handed_on_by]}

    traced.__name__ = name  # functools.wraps would hide `runtime` from LangGraph's injection
    return traced


def source_of(name: str, state: Mapping[str, Any], givers: frozenset[str]) -> str:
    """The node that handed the work over.

    A Send carries it; on a plain edge it is the one giver that ran in the step before. A
    collector fed by several takes its own name.

    Raises:
        UnknownGiver: none or several fit, and the node is no collector.
    """
    carried = state.get("source")
    if carried is not None:
        return str(carried)
    ran = set(state.get("came_from") or ["START"]) & givers
    if len(ran) == 1:
        return str(ran.pop())
    if name in COLLECTORS and ran:
        return name
    raise UnknownGiver(f"{name}: expected one of {sorted(givers)} before it, found {sorted(ran)}")
