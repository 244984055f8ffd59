"""A round's measures of representation (`loop.representation`), for its line of metrics alone.

Test rows are looked at here, as they are for scores and for the map. What comes out is handed to
who writes the line; nothing of it reaches a prompt, a selection, a stopping rule or the state. The
real rows are train rows that nobody in the run was shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from evokd.store.events import Warned
from evokd.tasks.example import Example
from evokd.tasks.text import normalise
from graph.core.embedding_map import Placed, sample
from graph.core.node_context import NodeContext
from student.representation.measures import TrainedView, WrittenRows, measures
from student.unit import unit_vectors

if TYPE_CHECKING:
    from student.representation.centroids import Classes

MOST_REAL = 1000
"""Train rows that written ones are held against: as many are embedded once for each data set."""


async def represented(
    node: NodeContext, made: Sequence[Example], fresh: int, placed: Placed | None
) -> dict[str, Any]:
    """The key `representation` of the round's line, where `loop.representation` asks for it.

    Its value is None for questions with choices, which have no one embedding, and where an
    embedding is not a number.

    Args:
        node: The node that trained.
        made: All rows accepted so far, those of this round last.
        fresh: Rows of this round.
        placed: The texts of the round's map, where the student puts them.
    """
    if not node.run.config.loop.representation:
        return {}
    return {"representation": await _measured(node, made, fresh, placed)}


async def _measured(
    node: NodeContext, made: Sequence[Example], fresh: int, placed: Placed | None
) -> dict[str, Any] | None:
    run = node.run
    if run.config.task.kind == "choice":
        return None
    of, students = run.base_vectors.of, run.students
    test = unit_vectors(await of(students, [row.text for row in run.task.test], keep=True))
    real = await _real(node)
    units = unit_vectors(await of(students, [row.text for row in made]))
    if not all(np.isfinite(one).all() for one in (test, real, units)):
        node.emit(Warned(text="no measures of representation: an embedding is not a number"))
        return None
    rows = WrittenRows([row.text for row in made], _classes(node, made), units, fresh)
    trained = None if placed is None else await _trained(node, placed)
    return await asyncio.to_thread(measures, rows, test, real if len(real) else None, trained)


async def _real(node: NodeContext) -> Any:
    """Base embeddings of train rows that equal no seed shot and no held-out row; maybe none.

    The sample is drawn and embedded with them, so that runs of other seeds find it in the cache.
    """
    run = node.run
    texts = [row.text for row in sample(run.task.train, MOST_REAL)]
    vectors = unit_vectors(await run.base_vectors.of(run.students, texts, keep=True))
    known = {normalise(row.text) for row in run.seeds} | run.off_limits
    return vectors[[at for at, text in enumerate(texts) if normalise(text) not in known]]


async def _trained(node: NodeContext, placed: Placed) -> TrainedView:
    made, where = placed.of("synthetic")
    tested, there = placed.of("test")
    base = await node.run.base_vectors.of(node.run.students, [row.text for row in tested])
    base = unit_vectors(base)
    return TrainedView(
        unit_vectors(where),
        _classes(node, made),
        unit_vectors(there),
        _classes(node, tested),
        base,
    )


def _classes(node: NodeContext, rows: Sequence[Example]) -> Classes:
    return [tuple(node.run.task.task_format.classes(row.label)) for row in rows]
