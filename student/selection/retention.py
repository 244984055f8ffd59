"""Which rows of a round stay, by their scores: `loop.keep`, in a run and on stored rows alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from evokd.config import KeepConfig
from evokd.tasks.example import Example
from student.selection.memory.draws import top


def kept_places(
    rows: Sequence[Example],
    scores: Sequence[float],
    keep: KeepConfig,
    rng: Random,
    stratum: Callable[[str], str] = str,
) -> list[int]:
    """Places of the rows that stay, in the order of the rows; of equal scores by chance.

    Args:
        rows: Of a round, all of which may be learnt.
        scores: Of each; higher stays.
        keep: `share` of the rows, at least one, or so many `per_class`.
        rng: For equal scores.
        stratum: Label → the class it counts under.
    """
    if not rows:
        return []
    if keep.share is not None:
        return sorted(top(scores, max(1, round(keep.share * len(rows))), rng))
    assert keep.per_class is not None
    by_class: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        by_class.setdefault(stratum(row.label), []).append(at)
    return sorted(
        own[place]
        for own in by_class.values()
        for place in top([scores[at] for at in own], keep.per_class, rng)
    )
