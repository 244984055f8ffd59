"""Nodes in layers: by the longest way to them that doesn't turn back, few crossings between them.

Pure and the same each time: it knows edges and names, no method and no node.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from evokd.viewer.machine.arrows import END, Pair

SWEEPS = 6
AGAINST = 10
"""An edge that is walked onwards and drawn back counts as so many that are not."""


@dataclass(frozen=True)
class Layers:
    """A graph in order; its end is none of the nodes."""

    rows: tuple[tuple[str, ...], ...]
    back: frozenset[Pair]
    """Edges that lead no further from where everything begins."""

    @property
    def of(self) -> dict[str, int]:
        """Node → number of its layer."""
        return {node: number for number, row in enumerate(self.rows) for node in row}


def layered(edges: Sequence[Pair]) -> Layers:
    """The layers of a graph.

    Args:
        edges: In the order in which they were first walked; what comes from START, or else the
            first one, is where everything begins.
    """
    pairs = [(s, t) for s, t in edges if s != t and END not in (s, t)]
    nodes = list(dict.fromkeys(node for pair in edges for node in pair if node != END))
    back = _turns_back(nodes, pairs)
    onward = [pair for pair in pairs if pair not in back]
    rank = dict.fromkeys(nodes, 0)
    for _ in nodes:  # a way has at most so many steps
        for source, target in onward:
            rank[target] = max(rank[target], rank[source] + 1)
    begin = _roots(nodes)
    for node in nodes:  # what nothing leads to stands beside what leads to the same node
        if node not in begin and not any(target == node for _, target in pairs):
            ranks = [rank[target] for source, target in pairs if source == node]
            rank[node] = max(0, min(ranks, default=1) - 1)
    rows = [
        sorted(n for n in nodes if rank[n] == at)
        for at in range(max(rank.values(), default=-1) + 1)
    ]
    return Layers(
        tuple(map(tuple, _untangled([row for row in rows if row], onward))), frozenset(back)
    )


def _turns_back(nodes: Sequence[str], pairs: Sequence[Pair]) -> set[Pair]:
    """Edges without which nothing goes in circles: those that lead to a node walked before theirs.

    As few of them as a search by turns finds: where a node was first passed by and later got its
    work from one that stands before it, that edge leads onward all the same.
    """
    walked = {node: at for at, node in enumerate(nodes)}
    begin = set(_roots(nodes))

    def back(order: Sequence[str]) -> list[Pair]:
        place = {node: at for at, node in enumerate(order)}
        return [(s, t) for s, t in pairs if place[t] < place[s]]

    def cost(order: Sequence[str]) -> int:
        return sum(1 if walked[t] < walked[s] else AGAINST for s, t in back(order))

    best, least, better = list(nodes), cost(nodes), True
    while better:
        better = False
        for node in nodes:
            if node in begin:
                continue
            rest = [one for one in best if one != node]
            for at in range(1, len(rest) + 1):
                moved = [*rest[:at], node, *rest[at:]]
                now = cost(moved)
                if now < least:
                    best, least, better = moved, now, True
    return set(back(best))


def _roots(nodes: Sequence[str]) -> list[str]:
    return [node for node in nodes if node == "START"] or list(nodes[:1])


def _untangled(rows: list[list[str]], edges: Sequence[Pair]) -> list[list[str]]:
    """The rows in the order that crosses fewest edges of neighbours; by name where it is equal."""
    best, fewest = rows, crossings(rows, edges)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        rows = [list(row) for row in rows]
        onward = sweep % 2 == 0
        for one, other in pairwise(rows if onward else rows[::-1]):
            place = {node: at for at, node in enumerate(one)}
            other.sort(key=lambda node: _middle(node, place, edges, onward))
        now = crossings(rows, edges)
        if now < fewest:
            best, fewest = rows, now
    return best


def _middle(node: str, place: dict[str, int], edges: Sequence[Pair], onward: bool) -> float:
    ends = [(s, t) if onward else (t, s) for s, t in edges]
    near = [place[s] for s, t in ends if t == node and s in place]
    return sum(near) / len(near) if near else 0.0


def crossings(rows: Sequence[Sequence[str]], edges: Sequence[Pair]) -> int:
    """How often edges between neighbouring rows cross."""
    many = 0
    for one, other in pairwise(rows):
        near = [(one.index(s), other.index(t)) for s, t in edges if s in one and t in other]
        many += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(near, 2))
    return many
