from __future__ import annotations

from itertools import islice
from random import Random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from student.encoder.encoded import pad
from student.encoder.loop import endless_batches, epoch_batches, rate_factor

LENGTHS = st.lists(st.integers(1, 64), max_size=300)


@given(LENGTHS, st.integers(1, 16), st.integers(0, 9))
def test_an_epoch_is_every_row_once(lengths: list[int], size: int, seed: int) -> None:
    batches = epoch_batches(lengths, size, Random(seed))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(1 <= len(batch) <= size for batch in batches)
    assert len(batches) == -(-len(lengths) // size)
    assert batches == epoch_batches(lengths, size, Random(seed))


def test_batches_are_tight_and_change() -> None:
    rng = Random(0)
    lengths = [rng.randint(5, 120) for _ in range(256)]

    def padded(batches: list[list[int]]) -> int:
        return sum(len(batch) * max(lengths[i] for i in batch) for batch in batches)

    order = rng.sample(range(256), 256)
    unsorted = [order[at : at + 8] for at in range(0, 256, 8)]
    first, second = (epoch_batches(lengths, 8, rng) for _ in range(2))
    assert padded(first) < 1.15 * sum(lengths) < padded(unsorted)
    assert {frozenset(batch) for batch in first}.isdisjoint(map(frozenset, second))


def test_endless_batches_are_reproducible() -> None:
    first, second = (list(islice(endless_batches([3, 1, 2], 2, 7), 9)) for _ in range(2))
    assert first == second
    assert len({tuple(batch) for batch in first}) > 1


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 15, 100])
def test_rate_rises_then_falls_and_is_never_zero(steps: int) -> None:
    rates = [rate_factor(step, steps) for step in range(steps)]
    top = rates.index(1.0)
    assert top == -(-steps // 10) - 1
    assert all(0 < rate <= 1 for rate in rates)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_pad() -> None:
    ids, mask = pad([[5, 6, 7], [8]], pad_id=0, device=torch.device("cpu"))
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
