"""What a round takes from the pool: the texts nearest to the student's mistakes, none twice.

Nearness is the cosine of embeddings by the base encoder, before any training, so that a pool is
embedded once. Where the student made no mistake, those rows count that it was least sure of; where
no verdict is handed on (`static`), or none fits, texts are drawn.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agents.records import Marked, Passage
from evokd.tasks.formats import TaskFormat
from evokd.tasks.pool import PoolText
from student.selection.nearest import nearest

if TYPE_CHECKING:
    from graph.core.run_context import RunContext
    from student.encoder.embeddings import Vectors

Similar = tuple[str, str]
"""Id and text of a row that a passage should be near to."""


def mistakes(rows: Iterable[Marked]) -> list[Marked]:
    """Rows that the student got wrong; where there is none, those it was least sure of."""
    found = list(rows)
    wrong = [row for row in found if row.mark in ("wrong", "confident")]
    return wrong or [row for row in found if row.mark == "uncertain"]


def of_class(rows: Iterable[Marked], target: str, task_format: TaskFormat) -> list[Marked]:
    """Rows of a class, or with the very answer in words."""
    return [
        row
        for row in rows
        if target in (*task_format.classes(row.label), task_format.words(row.label))
    ]


@dataclass
class Shelf:
    """The texts of the pool that nobody took; what is taken leaves it."""

    pool: Sequence[PoolText]
    places: list[int]
    """Of those that are left."""
    vectors: Vectors
    """Of the whole pool, float [texts, width]."""
    embed: Callable[[Sequence[str]], Vectors]

    def take(
        self, n: int, sought: Sequence[Similar], rng: random.Random, target: str | None = None
    ) -> list[Passage]:
        """At most `n` texts, nearest to what is sought; drawn where nothing is."""
        if n < 1 or not self.places:
            return []
        if not sought:
            drawn = rng.sample(self.places, min(n, len(self.places)))
            return [self._passage(place, (), target) for place in drawn]
        sought = rng.sample(sought, len(sought))  # whose turn comes first is not for ids to say
        offered = np.asarray(self.places)
        found = nearest(self.embed([text for _, text in sought]), self.vectors[offered], n)
        pairs = [(int(offered[one.offered]), sought[one.sought][0]) for one in found]
        return [self._passage(place, (row,), target) for place, row in pairs]

    def _passage(self, place: int, near: tuple[str, ...], target: str | None) -> Passage:
        self.places.remove(place)
        one = self.pool[place]
        return Passage(one.id, one.text, near, target)


async def shelf(run: RunContext, free: Sequence[int], sought: Iterable[str]) -> Shelf:
    """The shelf of a round, with the embeddings that its retrieval will ask for.

    Args:
        run: Whose pool it is; its embeddings are kept.
        free: Places of the texts that may be taken.
        sought: Texts that passages may be sought for.
    """
    texts = list(dict.fromkeys(sought))
    pool, of = run.task.pool, run.base_vectors.of
    vectors = await of(run.students, [one.text for one in pool], keep=True)
    known = await of(run.students, texts)
    place = {text: at for at, text in enumerate(texts)}
    return Shelf(pool, list(free), vectors, lambda some: known[[place[text] for text in some]])
