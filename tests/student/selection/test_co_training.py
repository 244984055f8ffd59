from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from evokd.config import NoiseConfig, StudentConfig
from evokd.tasks.example import Example
from student.selection.co_training import DOUBTFUL, co_train, keep_rate, kept_shares, smallest
from tests.student.selection.test_out_of_fold import auc, planted
from tests.student.tiny import LABELS

SETTINGS = NoiseConfig(method="co_training", epochs=6, ramp=2, rate=0.25)


def test_the_keep_rate_is_the_papers() -> None:
    assert [keep_rate(epoch, 0.2, 4) for epoch in range(6)] == pytest.approx(
        [1, 0.95, 0.9, 0.85, 0.8, 0.8]
    )


def test_the_smallest_losses_are_picked() -> None:
    assert smallest(np.array([3.0, 1.0, 2.0, 1.0]), 0.5) == [1, 3]
    assert smallest(np.array([3.0, 1.0]), 0.01) == [1]
    assert len(smallest(np.zeros(10), 1 - 0.2)) == 8  # 0.8 x 10 is a little more than 8


def test_each_learns_what_the_other_picked() -> None:
    """Student 0 finds row 0 hard, student 1 row 3, and both row 2."""
    losses = {0: np.array([5.0, 1, 6, 2]), 1: np.array([1.0, 2, 6, 5])}
    taught: list[tuple[int, int, list[int]]] = []

    def epoch(student: int, number: int, places: Sequence[int]) -> None:
        taught.append((student, number, sorted(places)))

    settings = NoiseConfig(method="co_training", epochs=3, ramp=1, rate=0.5)
    weights, counted = kept_shares(4, settings, losses=lambda s: losses[s], epoch=epoch)
    assert taught[:2] == [(0, 0, [0, 1, 2, 3]), (1, 0, [0, 1, 2, 3])]
    assert taught[2:4] == [(0, 1, [0, 1]), (1, 1, [1, 3])]
    assert (weights, counted) == ((1.0, 1.0, 0.0, 1.0), 2)


def test_it_is_the_seeds_and_leaves_torch_alone(config: StudentConfig, rows: list[Example]) -> None:
    state = torch.random.get_rng_state()
    first = co_train(config, LABELS, rows[4:], rows[:4], SETTINGS, seed=1)
    assert torch.equal(state, torch.random.get_rng_state())
    torch.rand(3)
    assert co_train(config, LABELS, rows[4:], rows[:4], SETTINGS, seed=1).weights == first.weights
    assert len(first.weights) == 16 and all(0 <= weight <= 1 for weight in first.weights)
    assert min(first.weights) < 1
    np.testing.assert_allclose(first.probabilities.sum(axis=1), 1, rtol=1e-5)
    assert co_train(config, LABELS, [], rows, SETTINGS, seed=1).weights == ()


@pytest.mark.slow
def test_flipped_labels_lose_weight() -> None:
    rows, wrong = planted()
    found = co_train(StudentConfig(threads=1), LABELS, rows, [], SETTINGS, seed=1)
    assert auc(-np.array(found.weights), wrong) > 0.8
    suspects = {at for at, weight in enumerate(found.weights) if weight < DOUBTFUL}
    assert suspects and len(suspects & {*wrong}) >= 0.5 * len(suspects)
