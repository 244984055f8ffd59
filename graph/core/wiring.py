"""Who can hand work to whom: read off the compiled graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langgraph.graph import END, START

COLLECTORS = frozenset({"ballot"})
"""Joins. They spend nothing, and pass on the name of the giver where it is one node."""


def drawn_edges(compiled: Any) -> set[tuple[str, str]]:
    """Edges of the drawn graph, as (source, target), with START and END by those names."""
    rename = {START: "START", END: "END"}
    return {
        (rename.get(edge.source, edge.source), rename.get(edge.target, edge.target))
        for edge in compiled.get_graph().edges
    }


def givers(edges: set[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Node → the nodes whose work it can be woken by, seen through collectors."""
    before: dict[str, set[str]] = {}
    for source, target in edges:
        before.setdefault(target, set()).add(source)
    return {node: frozenset(_through(node, before)) for node in before}


def _through(node: str, before: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    for source in before.get(node, ()):
        found.add(source)
        if source in COLLECTORS:
            found |= _through(source, before)
    return found
