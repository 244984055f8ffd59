from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from evokd.config import LoraConfig, StudentConfig
from evokd.tasks.example import Example
from student.encoder.encoder import Encoder
from student.selection.influence import (
    Direction,
    Floats,
    forward,
    helpfulness,
    move,
    reverse_ce,
    row_losses,
    slopes,
    trainable,
)
from tests.student.tiny import LABELS

LORA = LoraConfig(r=4, alpha=8)


@pytest.fixture(params=[None, LORA], ids=["full", "lora"])
def encoder(request: pytest.FixtureRequest, config: StudentConfig, rows: list[Example]) -> Encoder:
    rate = 2e-3 if request.param is None else 2e-2  # few parameters on a random body
    config = config.model_copy(update={"lora": request.param, "lr": rate})
    encoder = Encoder.create(config, LABELS, seed=1)
    encoder.fit(rows, seed=1, epochs=10)
    return encoder


def flipped(row: Example) -> Example:
    return Example(f"{row.id}x", row.text, LABELS[row.label == LABELS[0]])


def bits(encoder: Encoder) -> list[torch.Tensor]:
    return [value.detach().clone() for value in encoder.network.state_dict().values()]


def by_autograd(encoder: Encoder, rows: list[Example], direction: Direction) -> Floats:
    """One backward pass a row."""
    encoded, result = encoder.encode(rows), []
    for at in range(len(rows)):
        logits, gold = forward(encoder, encoded, [at])
        gradient = torch.autograd.grad(
            cross_entropy(logits, gold), trainable(encoder), allow_unused=True
        )
        pairs = zip(gradient, direction, strict=True)
        result.append(
            sum(float((a.double() * b.double()).sum()) for a, b in pairs if a is not None)
        )
    return np.array(result)


def test_losses_are_those_of_the_probabilities(encoder: Encoder, rows: list[Example]) -> None:
    mixed = [*rows, *map(flipped, rows)]  # more than one batch
    p = encoder.probabilities([row.text for row in mixed])
    expected = [-math.log(p[i, LABELS.index(row.label)]) for i, row in enumerate(mixed)]
    np.testing.assert_allclose(row_losses(encoder, mixed), expected, atol=1e-5)
    assert row_losses(encoder, []).shape == (0,)


def test_reverse_cross_entropy_by_hand(encoder: Encoder, rows: list[Example]) -> None:
    """q of a right label is 1 / (1 + e^-10), of the other one e^-10 of that."""
    p = encoder.probabilities([row.text for row in rows])
    log_right = -math.log1p(math.exp(-10))
    expected = np.mean(
        [
            -(p[i, at] * log_right + p[i, 1 - at] * (log_right - 10))
            for i, at in enumerate(LABELS.index(row.label) for row in rows)
        ]
    )
    value, _ = reverse_ce(encoder, rows)
    assert value == pytest.approx(expected, rel=1e-5)
    softer, _ = reverse_ce(encoder, rows, scale=5.0)
    assert 0 < softer < value


def test_its_gradient_points_up(encoder: Encoder, rows: list[Example]) -> None:
    """The change along the gradient is its squared norm, to first order."""
    _, gradient = reverse_ce(encoder, rows)
    square = sum(float(part.double().square().sum()) for part in gradient)
    step = 3e-3 / math.sqrt(square)
    move(encoder, gradient, step)
    above, _ = reverse_ce(encoder, rows)
    move(encoder, gradient, -2 * step)
    below, _ = reverse_ce(encoder, rows)
    assert (above - below) / (2 * step * square) == pytest.approx(1, abs=0.05)


def test_a_batch_is_the_mean_of_its_rows(encoder: Encoder, rows: list[Example]) -> None:
    mixed = [*rows, *map(flipped, rows)]
    value, gradient = reverse_ce(encoder, mixed)
    parts = [reverse_ce(encoder, [row]) for row in mixed]
    assert value == pytest.approx(np.mean([part[0] for part in parts]), rel=1e-5)
    for at, whole in enumerate(gradient):
        mean = torch.stack([part[1][at] for part in parts]).mean(0)
        torch.testing.assert_close(whole, mean, atol=1e-5, rtol=1e-3)


def test_slopes_equal_autograd(encoder: Encoder, rows: list[Example]) -> None:
    mixed = [*rows[:12], *map(flipped, rows[12:])]
    _, direction = reverse_ce(encoder, rows[::3])
    exact = by_autograd(encoder, mixed, direction)
    found = slopes(encoder, mixed, direction)
    np.testing.assert_allclose(found, exact, atol=2e-3 * np.abs(exact).max())
    shorter = tuple(part * 1e-6 for part in direction)  # a direction has no length of its own
    np.testing.assert_allclose(slopes(encoder, mixed, shorter), found * 1e-6, rtol=1e-2, atol=1e-12)


def test_nowhere_and_nothing(encoder: Encoder, rows: list[Example]) -> None:
    _, direction = reverse_ce(encoder, rows)
    still = tuple(torch.zeros_like(part) for part in direction)
    assert slopes(encoder, rows, still).tolist() == [0.0] * len(rows)
    assert slopes(encoder, [], direction).shape == (0,)
    with pytest.raises(ValueError, match="needs a row"):
        helpfulness(encoder, rows, [])


def test_the_student_stays_as_it_was(encoder: Encoder, rows: list[Example]) -> None:
    before, state = bits(encoder), torch.random.get_rng_state()
    helpfulness(encoder, rows, rows[:6])
    row_losses(encoder, rows)
    assert all(torch.equal(a, b) for a, b in zip(before, bits(encoder), strict=True))
    assert torch.equal(state, torch.random.get_rng_state())
    assert not encoder.network.training
    assert all(value.grad is None for value in encoder.network.parameters())


def test_helpful_rows_lower_the_validation_loss(encoder: Encoder, rows: list[Example]) -> None:
    validation, candidates = rows[:8], [*rows[8:], *map(flipped, rows[8:])]
    worth = helpfulness(encoder, candidates, validation)
    assert worth[:12].mean() > 0 > worth[12:].mean()

    at = int(np.abs(worth).argmax())
    logits, gold = forward(encoder, encoder.encode([candidates[at]]), [0])
    step = torch.autograd.grad(
        cross_entropy(logits, gold), trainable(encoder), materialize_grads=True, allow_unused=True
    )
    rate = 3e-3 / math.sqrt(sum(float(part.double().square().sum()) for part in step))
    move(encoder, step, -rate)
    after, _ = reverse_ce(encoder, validation)
    move(encoder, step, 2 * rate)
    before, _ = reverse_ce(encoder, validation)
    assert (before - after) / (2 * rate) == pytest.approx(worth[at], rel=0.05)
