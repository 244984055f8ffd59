"""The edges of the picture: the booked ones, with what passed a collector led through it.

A collector spends nothing and passes on the name of its giver, so that tokens of `labeler → critic`
were handed over by way of the ballot. The books tell which nodes those are, whatever their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from evokd.runs.formatting import count
from evokd.runs.totals import EdgeTotals, Measure

END = "END"
Pair = tuple[str, str]


@dataclass(frozen=True)
class Arrow:
    """An edge as it is drawn."""

    source: str
    target: str
    tokens: int
    calls: int
    said: str
    """The booked edges in it, with their tokens."""
    booked: tuple[Pair, ...] = ()
    """Those of them on which calls were made."""

    @property
    def pair(self) -> Pair:
        """Source and target."""
        return self.source, self.target


def arrows(edges: Iterable[EdgeTotals], measure: Measure, last: str | None) -> list[Arrow]:
    """The drawn edges.

    Args:
        edges: The booked ones, in the order in which they were first walked.
        measure: Which tokens they are drawn by.
        last: The node from which a run that has ended went to its end; None while it goes on.
    """
    edges = list(edges)
    through = _ways_through([(edge.source, edge.target) for edge in edges], _spenders(edges))
    found: dict[Pair, Arrow] = {}
    for edge in edges:
        tokens = edge.tokens(measure)
        if edge.source == edge.target and not tokens:  # one lesson after another hands nothing on
            continue
        pair = (through.get((edge.source, edge.target), edge.source), edge.target)
        said = f"{edge.name}: {count(tokens)} tokens"
        if edge.calls:
            said += f", {count(edge.calls)} calls"
        old = found.get(pair, Arrow(*pair, 0, 0, ""))
        found[pair] = replace(
            old,
            tokens=old.tokens + tokens,
            calls=old.calls + edge.calls,
            said=f"{old.said}; {said}" if old.said else said,
            booked=(*old.booked, (edge.source, edge.target)) if edge.calls else old.booked,
        )
    for pair in _gathered([(edge.source, edge.target) for edge in edges], list(found)):
        found[pair] = Arrow(*pair, 0, 0, f"{pair[0]} → {pair[1]}, with others")
    if last is not None and any(last in pair for pair in found):
        found[last, END] = Arrow(last, END, 0, 0, f"{last} → {END}")
    return list(found.values())


def _spenders(edges: Sequence[EdgeTotals]) -> set[str]:
    return {edge.target for edge in edges if edge.calls}


def _ways_through(pairs: Sequence[Pair], spenders: set[str]) -> dict[Pair, str]:
    """Booked edge → the collector that it passes.

    A collector is a node without calls that hands on nothing under its own name, or, where several
    gave to it at once (a join), to itself. What its giver handed on passed it where that first
    happened later than the collector's own first time, and the receiver doesn't feed it.
    """
    first: dict[str, int] = {}
    for at, (_, target) in enumerate(pairs):
        first.setdefault(target, at)
    givers = {source for source, target in pairs if source != target}
    joins = {source for source, target in pairs if source == target} - spenders
    gathered = max((first[node] for node in joins), default=-1)
    ends = {node for node in first if node not in givers and first[node] > gathered}
    collectors = joins | (ends - spenders)
    found = {}
    for source, target in pairs:
        for collector in collectors:
            fed = (source, collector) in pairs and source not in (target, collector)
            later = first[target] > first[collector] and (target, collector) not in pairs
            if fed and target != collector and later:
                found[source, target] = collector
    return found


def _gathered(pairs: Sequence[Pair], drawn: Sequence[Pair]) -> list[Pair]:
    """Edges that are booked under a join's own name: from what ended before it, and gave to none.

    Where several nodes hand over at once, who gave what is not in the books.
    """
    order = list(dict.fromkeys(node for pair in pairs for node in pair))
    joins = [s for s, t in pairs if s == t]
    giving = {source for source, target in drawn if source != target}
    return [
        (node, join)
        for join in joins
        for node in order[: order.index(join)]
        if node not in giving and node not in joins and (node, join) not in drawn
    ]
