"""The map: seed, synthetic and test texts where the student puts them, written for the viewer.

The axes are the two principal components of the untrained student's embeddings of seed and test
texts, laid down once before the warm-up, so the maps of all rounds can be compared. After each
round's scores the student's embeddings of the same texts and of accepted rows are put on them.

Test texts are read for this as they are for scores: nothing of them reaches a prompt, a selection,
a stopping rule or the graph's state; ids, labels and coordinates go into events.sqlite.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence

import numpy as np

from evokd.store.events import Warned
from evokd.store.map_points import Axes, Kind, Point, load_axes, save_axes, save_points
from evokd.tasks.continual import known_rows
from evokd.tasks.example import Example
from graph.visit import Visit

MOST: dict[Kind, int] = {"seed": 60, "test": 120, "synthetic": 120}
"""Texts of each kind on a map: 300 cost the student about as much as a few hundred test rows."""
LEAST = 3
"""Texts that a plane needs."""


async def lay_axes(visit: Visit) -> None:
    """Before the warm-up: the plane of all maps, from the untrained student."""
    bench = visit.bench
    texts = [row.text for _, row in _fixed(visit)]
    if not _drawable(visit) or len(texts) < LEAST:
        return
    vectors = await bench.keeper.embed(texts, -1)
    try:
        axes = await asyncio.to_thread(_components, vectors)
    except ValueError as problem:
        visit.emit(Warned(text=f"no map: {problem}"))
        return
    save_axes(bench.events.db, axes)


async def draw_map(visit: Visit, made: Sequence[Example]) -> None:
    """After a round's scores: its map.

    Args:
        visit: the visit of the node that trained.
        made: all rows accepted so far.
    """
    bench, number = visit.bench, visit.hop.round
    axes = load_axes(bench.events.db) if _drawable(visit) else None
    if axes is None:
        return
    rows = [*_fixed(visit), *(("synthetic", row) for row in sample(made, MOST["synthetic"]))]
    vectors = await bench.keeper.embed([row.text for _, row in rows], number)
    places = (vectors - np.asarray(axes.mean)) @ np.asarray(axes.directions).T
    points = [
        Point(kind, row.id, float(x), float(y), _label(visit, row.label))
        for (kind, row), (x, y) in zip(rows, places, strict=True)
    ]
    if np.isfinite(places).all():
        save_points(bench.events.db, number, points)


def sample(rows: Sequence[Example], most: int) -> list[Example]:
    """At most so many rows; one that is chosen stays until others, of lower hash, crowd it out."""
    if len(rows) <= most:
        return list(rows)
    chosen = sorted(rows, key=lambda row: (zlib.crc32(row.id.encode()), row.id))[:most]
    names = {row.id for row in chosen}
    return [row for row in rows if row.id in names]


def _drawable(visit: Visit) -> bool:
    return visit.bench.config.task.kind != "choice"


def _fixed(visit: Visit) -> list[tuple[Kind, Example]]:
    """The texts on every map: seed shots and a sample of the test rows."""
    bench = visit.bench
    tested = known_rows(bench.task.test, bench.form_at(visit.hop.round))
    seeds = sample(visit.seeds, MOST["seed"])
    test = sample(tested, MOST["test"])
    return [*(("seed", row) for row in seeds), *(("test", row) for row in test)]


def _label(visit: Visit, label: str) -> str:
    """The answer's classes."""
    return " + ".join(visit.bench.task.form.classes(label)) or "none"


def _components(vectors: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Axes:
    """Two principal components, float [2, width]."""
    from sklearn.decomposition import PCA

    if not np.isfinite(vectors).all() or np.ptp(vectors, axis=0).max() == 0:
        raise ValueError("the student puts all texts in one place")
    found = PCA(2, svd_solver="full").fit(vectors)  # type: ignore[no-untyped-call]
    return Axes(found.mean_.tolist(), found.components_.tolist())
