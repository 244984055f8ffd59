"""The seat: wraps a node so that its edge is known, its start and end are traced."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from langgraph.runtime import Runtime

from evokd.ledger.hop import Hop
from evokd.store.events import NodeEnded, NodeStarted
from graph.bench import Bench
from graph.visit import Visit
from graph.wiring import COLLECTORS

Work = Callable[[Any, Visit], Awaitable[dict[str, Any]]]
"""A node's work: the state (or a Send's payload) and the visit → the state update."""


class UnknownGiver(Exception):
    """Who handed the work over can't be told: the wiring lets two branches wake a spender."""


def seat(name: str, work: Work, givers: Mapping[str, frozenset[str]], bench: Bench) -> Any:
    """A node function for LangGraph. `givers` is filled once the graph is compiled."""

    async def node(state: Any, runtime: Runtime[None]) -> dict[str, Any]:
        source = source_of(name, state, givers.get(name, frozenset()))
        info = runtime.execution_info
        assert info is not None
        thread = info.thread_id or ""
        hop = Hop(source, name, thread, info.task_id, info.node_attempt, state["round"])
        visit = Visit(bench, hop)
        started = time.monotonic()
        visit.emit(NodeStarted(source=source, task=hop.task))
        error: str | None = "interrupted"
        try:
            update = await work(state, visit)
            error = None
        except Exception as fault:
            error = f"{type(fault).__name__}: {fault}"
            raise
        finally:
            seconds = round(time.monotonic() - started, 3)
            visit.emit(NodeEnded(task=hop.task, seconds=seconds, error=error))
        bench.books.ledger.freight(hop, visit.freight)
        handed_on_by = source if name in COLLECTORS else name
        return {**update, "came_from": [handed_on_by]}

    node.__name__ = name  # functools.wraps would hide `runtime` from LangGraph's injection
    return node


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
