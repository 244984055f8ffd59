"""A directed graph as a picture of text: boxes in rows by rank, ways on and back as lines.

Work flows down. A way that skips rows, or leads back up (▲), runs in a lane to the right of the
boxes. Lines that meet are one way: whatever enters it leaves it at each of its arrows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

GAP = 3
"""Columns between the boxes of a row, and between lanes."""
UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
LINES = " │││─┘┐┤─└┌├─┴┬┼"
"""Character of a place by the sum of the directions in which lines leave it."""
Edge = tuple[str, str]


def picture(edges: Sequence[Edge]) -> str:
    """The graph of these edges, from the first one's source down, which nothing leads back to."""
    rows = in_rows(edges)
    return _Drawing(rows, edges).text()


def in_rows(edges: Sequence[Edge]) -> list[list[str]]:
    """Nodes by the longest way to them that doesn't turn back, each row in the edges' order."""
    back = ways_back(edges)
    onward = [edge for edge in edges if edge not in back]
    nodes = list(dict.fromkeys(node for edge in edges for node in edge))
    rank = dict.fromkeys(nodes, 0)
    for _ in nodes:  # a way has at most so many steps
        for source, target in onward:
            rank[target] = max(rank[target], rank[source] + 1)
    return [[node for node in nodes if rank[node] == row] for row in range(max(rank.values()) + 1)]


def ways_back(edges: Sequence[Edge]) -> set[Edge]:
    """Edges of a circle that lead no further from where everything begins."""
    after: dict[str, list[str]] = {}
    for source, target in edges:
        after.setdefault(source, []).append(target)
    steps = {edges[0][0]: 0}
    for node in _reached(edges[0][0], after):
        for target in after.get(node, ()):
            steps.setdefault(target, steps[node] + 1)
    return {(s, t) for s, t in edges if steps[t] <= steps[s] and s in _reached(t, after)}


def _reached(node: str, after: Mapping[str, Sequence[str]]) -> list[str]:
    """A node and all that can be got to from it, nearest first."""
    found = [node]
    for one in found:
        found += [target for target in after.get(one, ()) if target not in found]
    return found


@dataclass
class _Way:
    """Edges with the same targets, drawn as one line."""

    targets: tuple[str, ...]
    sources: list[str] = field(default_factory=list)
    lane: int = 0


class _Drawing:
    """Boxes are placed first, then lines are laid between them place by place."""

    def __init__(self, rows: Sequence[Sequence[str]], edges: Sequence[Edge]) -> None:
        self.rank = {node: row for row, nodes in enumerate(rows) for node in nodes}
        self.rows = rows
        self.bits: dict[tuple[int, int], int] = {}
        """Line and column → directions."""
        self.line = self.boxes = 0
        """Line that is drawn on, and that of the last boxes."""
        self.arriving: list[tuple[str, int]] = []
        """Boxes of the next row, and lines from which something comes down to them."""
        self.signs: dict[tuple[int, int], str] = {}
        near = [e for e in edges if self.rank[e[1]] == self.rank[e[0]] + 1]
        self.near = _gathered(near, self.rank)
        self.far = _gathered((e for e in edges if e not in near), self.rank)
        self._place_boxes()
        self._place_lanes()
        self._draw()

    def _place_boxes(self) -> None:
        widths = [sum(len(n) + 4 for n in row) + GAP * (len(row) - 1) for row in self.rows]
        self.width = max(widths)
        self.left: dict[str, int] = {}
        self.centre: dict[str, int] = {}
        for row, width in zip(self.rows, widths, strict=True):
            at = (self.width - width) // 2
            for node in row:
                self.left[node], self.centre[node] = at, at + (len(node) + 4) // 2
                at += len(node) + 4 + GAP
            if len(row) == 1:
                self.centre[row[0]] = self.width // 2

    def _place_lanes(self) -> None:
        """Short ways inside, so that lines cross as little as they can."""
        taken: list[list[range]] = []
        for way in sorted(self.far, key=lambda way: len(self._span(way))):
            span = self._span(way)
            free = (n for n, lane in enumerate(taken) if not any(_meet(span, o) for o in lane))
            number = next(free, len(taken))
            if number == len(taken):
                taken.append([])
            taken[number].append(span)
            way.lane = self.width + GAP * (number + 1)

    def _span(self, way: _Way) -> range:
        ranks = [self.rank[node] for node in (*way.sources, *way.targets)]
        return range(min(ranks), max(ranks) + 1)

    def _draw(self) -> None:
        """From top to bottom; lanes, which need to know all lines, come last."""
        ends: dict[int, list[tuple[int, bool]]] = {}
        """Number of a far way → lines where it meets its lane, and whether it enters there."""
        for row, nodes in enumerate(self.rows):
            if row:
                self._draw_ways_into(row, ends)
            for node in nodes:
                self._write(self.line, self.left[node], f"[ {node} ]")
            self.boxes = self.line
            self._draw_ways_out_of(row, ends)
        for number, way in enumerate(self.far):
            self._draw_lane(way, ends[number])

    def _draw_ways_into(self, row: int, ends: dict[int, list[tuple[int, bool]]]) -> None:
        for way in self.near:
            if self.rank[way.targets[0]] == row:
                columns = [self.centre[node] for node in (*way.sources, *way.targets)]
                if len(set(columns)) > 1:
                    self.line += 1
                    self._across(self.line, min(columns), max(columns))
                way_line = self.line
                for node in way.sources:
                    self._down(self.centre[node], self.boxes, way_line)
                self.arriving += [(node, way_line) for node in way.targets]
        for number, way in enumerate(self.far):
            if self.rank[way.targets[0]] == row:
                self.line += 1
                self._across(self.line, min(self.centre[n] for n in way.targets), way.lane)
                ends.setdefault(number, []).append((self.line, False))
                self.arriving += [(node, self.line) for node in way.targets]
        self.line += 1
        for node, line in self.arriving:
            self._down(self.centre[node], line, self.line)
            self.signs[self.line, self.centre[node]] = "▼"
        self.arriving = []
        self.line += 1

    def _draw_ways_out_of(self, row: int, ends: dict[int, list[tuple[int, bool]]]) -> None:
        last = self.rows[row][-1]
        for number, way in enumerate(self.far):
            for node in way.sources:
                if self.rank[node] != row:
                    continue
                begin = self.left[node] + len(node) + 4
                if node != last:  # not through the boxes beside it, but below them
                    begin = self.centre[node]
                    self._down(begin, self.line, self.line + 1)
                    self.line += 1
                self._across(self.line, begin, way.lane)
                ends.setdefault(number, []).append((self.line, True))

    def _draw_lane(self, way: _Way, ends: Sequence[tuple[int, bool]]) -> None:
        lines = [line for line, _ in ends]
        self._down(way.lane, min(lines), max(lines))
        target = next(line for line, enters in ends if not enters)
        for line, enters in ends:
            if enters and line > target + 1:
                self.signs[line - 1, way.lane] = "▲"

    def _across(self, line: int, first: int, last: int) -> None:
        for column in range(first, last):
            self._add(line, column, RIGHT)
            self._add(line, column + 1, LEFT)

    def _down(self, column: int, first: int, last: int) -> None:
        for line in range(first, last):
            self._add(line, column, DOWN)
            self._add(line + 1, column, UP)

    def _add(self, line: int, column: int, direction: int) -> None:
        self.bits[line, column] = self.bits.get((line, column), 0) | direction

    def _write(self, line: int, column: int, text: str) -> None:
        self.signs |= {(line, column + place): sign for place, sign in enumerate(text)}

    def text(self) -> str:
        """Line by line."""
        drawn = {place: LINES[bits] for place, bits in self.bits.items()} | self.signs
        lines, columns = (max(place[axis] for place in drawn) + 1 for axis in (0, 1))
        return "\n".join(
            "".join(drawn.get((line, column), " ") for column in range(columns)).rstrip()
            for line in range(lines)
        )


def _gathered(edges: Iterable[Edge], rank: dict[str, int]) -> list[_Way]:
    """One way for sources that hand on to the same nodes of a row, in the same direction."""
    targets: dict[tuple[str, int], list[str]] = {}
    for source, target in edges:
        targets.setdefault((source, rank[target]), []).append(target)
    ways: dict[tuple[tuple[str, ...], bool], _Way] = {}
    for (source, row), nodes in targets.items():
        key = tuple(sorted(nodes)), row > rank[source]
        ways.setdefault(key, _Way(tuple(nodes))).sources.append(source)
    return list(ways.values())


def _meet(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop
