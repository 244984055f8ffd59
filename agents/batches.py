"""How texts are shared out over calls that hold several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TypeVar

T = TypeVar("T")


def even_parts(total: int, size: int) -> list[int]:
    """About `size` in each call, up to half as many more: a prompt costs the same for one text.

    The parts differ by one at most; of nothing there is one empty part.
    """
    calls = max(1, math.ceil(total / size - 0.5))
    return [total // calls + (number < total % calls) for number in range(calls)]


def turns(
    givers: Sequence[T], *, texts: int, per_call: int, round_number: int
) -> list[tuple[T, int]]:
    """Who gives each call of a round, and its texts; the next round goes on where this ended.

    Args:
        givers: Classes or rows, in order.
        texts: In this round; the same in each.
        per_call: Texts of one call.
        round_number: From 1.
    """
    parts = even_parts(texts, per_call)
    shift = (round_number - 1) * len(parts)
    return [(givers[(shift + number) % len(givers)], n) for number, n in enumerate(parts)]


def slices(total: int, size: int) -> list[tuple[int, int]]:
    """First and last place of each part; of nothing there is an empty one."""
    return list(pairwise(accumulate(even_parts(total, size), initial=0)))


def batches(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """The parts themselves; of nothing there is none."""
    return [items[start:end] for start, end in slices(len(items), size) if end > start]
