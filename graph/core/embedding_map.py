"""The map: seed, synthetic and test texts where the student puts them, written for the viewer.

The axes are the two principal components of the untrained student's embeddings of seed and test
texts, laid down once before the warm-up, so the maps of all rounds can be compared. After each
round's training the student's embeddings of the same texts and of accepted rows are put on them.

Test texts are read for this as they are for scores: nothing of them reaches a prompt, a selection,
a stopping rule or the graph's state; ids, labels and coordinates go into events.sqlite.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evokd.store.events import Warned
from evokd.store.map_points import MapPlane, MapPoint, PointKind, load_axes, save_axes, save_points
from evokd.tasks.continual import known_rows
from evokd.tasks.example import Example
from graph.core.node_context import NodeContext

if TYPE_CHECKING:
    from student.encoder.embeddings import Vectors

MOST: dict[PointKind, int] = {"seed": 60, "test": 120, "synthetic": 120}
"""Texts of each kind on a map: 300 cost the student about as much as a few hundred test rows."""
LEAST = 3
"""Texts that a plane needs."""


class Placed(NamedTuple):
    """Texts, and where the student of a round puts them."""

    rows: list[tuple[PointKind, Example]]
    vectors: Vectors
    """Float [texts, width]; all finite."""

    def of(self, kind: PointKind) -> tuple[list[Example], Vectors]:
        """The texts of a kind."""
        places = [at for at, (one, _) in enumerate(self.rows) if one == kind]
        return [self.rows[at][1] for at in places], self.vectors[places]


async def lay_axes(node: NodeContext) -> None:
    """Before the warm-up: the plane of all maps, from the untrained student."""
    run = node.run
    texts = [row.text for _, row in _fixed(node)]
    if not _drawable(node) or len(texts) < LEAST:
        return
    vectors = await run.students.embed(texts, -1)
    try:
        axes = await asyncio.to_thread(_components, vectors)
    except ValueError as problem:
        node.emit(Warned(text=f"no map: {problem}"))
        return
    save_axes(run.events.db, axes)


async def save_map(node: NodeContext, made: Sequence[Example]) -> Placed | None:
    """After a round's training: its map, and the embeddings it is made of.

    Args:
        node: the node that trained.
        made: all rows accepted so far.

    Returns:
        None where there is no map.
    """
    run, number = node.run, node.edge.round
    axes = load_axes(run.events.db) if _drawable(node) else None
    if axes is None:
        return None
    rows = [*_fixed(node), *(("synthetic", row) for row in sample(made, MOST["synthetic"]))]
    vectors = await run.students.embed([row.text for _, row in rows], number)
    places = (vectors - np.asarray(axes.mean)) @ np.asarray(axes.directions).T
    points = [
        MapPoint(kind, row.id, float(x), float(y), _label(node, row.label))
        for (kind, row), (x, y) in zip(rows, places, strict=True)
    ]
    if not np.isfinite(places).all():
        return None
    save_points(run.events.db, number, points)
    return Placed(rows, vectors)


def sample(rows: Sequence[Example], most: int) -> list[Example]:
    """At most so many rows; one that is chosen stays until others, of lower hash, crowd it out."""
    if len(rows) <= most:
        return list(rows)
    chosen = sorted(rows, key=lambda row: (zlib.crc32(row.id.encode()), row.id))[:most]
    names = {row.id for row in chosen}
    return [row for row in rows if row.id in names]


def _drawable(node: NodeContext) -> bool:
    return node.run.config.task.kind != "choice"


def _fixed(node: NodeContext) -> list[tuple[PointKind, Example]]:
    """The texts on every map: seed shots and a sample of the test rows."""
    run = node.run
    tested = known_rows(run.task.test, run.task_format_at(node.edge.round))
    seeds = sample(node.seeds, MOST["seed"])
    test = sample(tested, MOST["test"])
    return [*(("seed", row) for row in seeds), *(("test", row) for row in test)]


def _label(node: NodeContext, label: str) -> str:
    """The answer's classes."""
    return " + ".join(node.run.task.task_format.classes(label)) or "none"


def _components(vectors: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> MapPlane:
    """Two principal components, float [2, width]."""
    if not np.isfinite(vectors).all() or np.ptp(vectors, axis=0).max() == 0:
        raise ValueError("the student puts all texts in one place")
    from sklearn.decomposition import PCA

    found = PCA(2, svd_solver="full").fit(vectors)  # type: ignore[no-untyped-call]
    return MapPlane(found.mean_.tolist(), found.components_.tolist())
