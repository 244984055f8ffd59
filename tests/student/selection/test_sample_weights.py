from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from torch import nn

from evokd.config import RunError, StudentConfig
from evokd.tasks.example import Example
from graph.methods.sungen import SunGenSettings
from student.encoder.encoder import Encoder
from student.selection.influence import forward, restored, reverse_ce_of, trainable
from student.selection.sample_weights import (
    inner_training,
    learn_weights,
    outer_gradient,
    outer_rows,
    weighted_loss,
)
from tests.student.encoder.test_embedded import invented
from tests.student.tiny import LABELS, save_base

SETTINGS = SunGenSettings(iterations=6, inner_lr=2e-3)


def flipped(row: Example) -> Example:
    return Example(row.id, row.text, LABELS[row.label == LABELS[0]])


def calm(folder: Path, **changes: object) -> StudentConfig:
    """A student without dropout."""
    base = save_base(folder, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    config = StudentConfig(model=str(base), max_length=32, threads=1, batch_size=20)
    return config.model_copy(update=changes)


def linear(encoder: Encoder) -> None:
    """Leave nothing to train but the last layer: a linear model on fixed features."""
    for value in encoder.network.parameters():
        value.requires_grad_(False)
    last: nn.Linear = encoder.network.classifier
    last.weight.requires_grad_(True)
    last.bias.requires_grad_(True)
    with torch.no_grad():
        last.weight.mul_(30)  # away from the flat start, so that rows differ


def test_the_outer_gradient_is_that_of_the_virtual_step(
    tmp_path: Path, rows: list[Example]
) -> None:
    """Brute force: nudge one theta, take the step, look at the outer objective."""
    encoder = Encoder.create(calm(tmp_path / "base"), LABELS, seed=1)
    linear(encoder)
    mixed = [*rows[:14], *map(flipped, rows[14:])]
    encoded, lr, chosen = encoder.encode(mixed), 1e-3, [0, 3, 4, 7, 15]
    theta = torch.linspace(-2, 2, len(mixed), dtype=torch.float64)
    loss, gradient = outer_gradient(encoder, encoded, theta, chosen, lr)
    assert loss == pytest.approx(reverse_ce_of(encoder, encoded, chosen)[0])

    features = []
    hook = encoder.network.classifier.register_forward_pre_hook(
        lambda _, given: features.append(given[0].detach().double())
    )
    logits, gold = forward(encoder, encoded, range(len(mixed)))
    hook.remove()
    x, w = features[0], encoder.network.classifier.weight.detach().double()
    b = encoder.network.classifier.bias.detach().double()
    p = (x @ w.T + b).softmax(-1)
    torch.testing.assert_close(logits.double(), x @ w.T + b, atol=1e-5, rtol=1e-4)
    error = p - torch.nn.functional.one_hot(gold, 2)

    def outer(t: torch.Tensor) -> float:
        factor = (t.sigmoid() / len(mixed))[:, None] * error
        w2, b2 = w - lr * factor.T @ x, b - lr * factor.sum(0)
        q = (10.0 * torch.nn.functional.one_hot(gold[chosen], 2)).double().log_softmax(-1)
        return float(-((x[chosen] @ w2.T + b2).softmax(-1) * q).sum(-1).mean())

    numeric = []
    for at in range(len(mixed)):
        nudge = torch.zeros_like(theta)
        nudge[at] = 1e-2
        numeric.append((outer(theta + nudge) - outer(theta - nudge)) / 2e-2)
    np.testing.assert_allclose(gradient, numeric, atol=0.01 * np.abs(numeric).max())
    assert min(numeric) < 0 < max(numeric)


def test_the_inner_loss_is_the_students_own(tmp_path: Path, rows: list[Example]) -> None:
    """One step of `fit` over all rows reports the loss that the inner epoch starts from."""
    encoder = Encoder.create(calm(tmp_path / "base"), LABELS, seed=1)
    weights = [0.1 * (1 + at % 7) for at in range(len(rows))]
    with torch.no_grad():
        mine = weighted_loss(encoder, encoder.encode(rows), weights, range(len(rows)))
    report = encoder.fit(rows, seed=1, steps=1, weights=weights)
    assert float(mine) == pytest.approx(report.mean_loss, rel=1e-5)


def test_a_row_of_weight_zero_moves_nothing(tmp_path: Path, rows: list[Example]) -> None:
    encoder = Encoder.create(calm(tmp_path / "base"), LABELS, seed=1)
    both = encoder.encode([*rows, *map(flipped, rows)])
    with restored(encoder):
        before = [value.detach().clone() for value in trainable(encoder)]
        inner_training(encoder, both, [0.0] * 40, 1e-3, Random(1))
        pairs = zip(before, trainable(encoder), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)
        for _ in range(3):
            inner_training(encoder, both, [1.0] * 20 + [0.0] * 20, 2e-3, Random(1))
        assert not encoder.network.training
        verdicts = encoder.predict([row.text for row in rows])
        assert [v.label for v in verdicts] == [row.label for row in rows]


def test_outer_rows_are_trusted_ones() -> None:
    theta = [0.0] * 5 + [1.0] * 5
    assert set(outer_rows(theta, 0.5, Random(1))) == {5, 6, 7, 8, 9}
    assert outer_rows(theta, 0.6, Random(1)) == list(range(10))  # the last one's equals, too
    assert outer_rows([0.0, 2.0, 1.0], 0.4, Random(1)) == [1]
    assert outer_rows([0.0, 2.0], 0.1, Random(1)) == [1]
    many = [float(at) for at in range(100)]
    drawn = [outer_rows(many, 0.9, Random(seed)) for seed in range(20)]
    assert all(len(set(rows)) == 32 and min(rows) >= 10 for rows in drawn)
    assert len(set(map(tuple, drawn))) > 1
    assert set().union(*drawn) == set(range(10, 100))


def test_the_student_stays_and_the_seed_decides(config: StudentConfig, rows: list[Example]) -> None:
    encoder = Encoder.create(config, LABELS, seed=1)
    encoder.fit(rows[:6], seed=1)
    before = [value.detach().clone() for value in encoder.network.state_dict().values()]
    state = torch.random.get_rng_state()
    first = learn_weights(encoder, rows, SETTINGS, seed=1)
    after = encoder.network.state_dict().values()
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert torch.equal(state, torch.random.get_rng_state())
    assert not encoder.network.training
    assert all(value.grad is None for value in encoder.network.parameters())

    torch.rand(3)
    assert learn_weights(encoder, rows, SETTINGS, seed=1).weights == first.weights
    assert learn_weights(encoder, rows, SETTINGS, seed=2).weights != first.weights
    assert len(first.weights) == len(rows) and all(0 < w < 1 for w in first.weights)
    assert len(first.outer_losses) == SETTINGS.iterations and first.seconds > 0


def test_wrong_labels_lose_weight(config: StudentConfig, rows: list[Example]) -> None:
    encoder = Encoder.create(config, LABELS, seed=1)
    encoder.fit(rows, seed=1, epochs=12)
    mixed = [flipped(row) if at in (2, 5, 12) else row for at, row in enumerate(rows)]
    found = learn_weights(
        encoder, mixed, SunGenSettings(iterations=8, inner_lr=1e-4), seed=1
    ).weights
    wrong = [found[at] for at in (2, 5, 12)]
    right = [weight for at, weight in enumerate(found) if at not in (2, 5, 12)]
    assert sum(weight < 0.4 for weight in wrong) >= 2  # a random body may learn one by heart
    assert sum(weight > 0.6 for weight in right) >= 14


def test_nothing_to_weigh(config: StudentConfig) -> None:
    found = learn_weights(Encoder.create(config, LABELS, seed=1), [], SETTINGS, seed=1)
    assert found.weights == () and found.outer_losses == ()


def test_divergence_is_said(config: StudentConfig, rows: list[Example]) -> None:
    encoder = Encoder.create(config, LABELS, seed=1)
    wild = SETTINGS.model_copy(update={"inner_lr": 1e30})
    before = [value.detach().clone() for value in trainable(encoder)]
    with pytest.raises(RunError, match=r"rivals\.sungen\.inner_lr: the inner training diverged"):
        learn_weights(encoder, rows, wild, seed=1)
    pairs = zip(before, trainable(encoder), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.slow
def test_wrong_labels_lose_weight_from_base() -> None:
    """The embedded student with a fresh head: 6 of 42 labels are wrong, and nothing says which."""
    rows, wrong = invented(), Random(5).sample(range(42), 6)
    mixed = [flipped(row) if at in wrong else row for at, row in enumerate(rows)]
    encoder = Encoder.create(StudentConfig(threads=1), LABELS, seed=1)
    found = learn_weights(
        encoder, mixed, SunGenSettings(iterations=8, inner_lr=3e-4), seed=1
    ).weights
    right = [weight for at, weight in enumerate(found) if at not in wrong]
    assert sum(found[at] < 0.5 for at in wrong) >= 5
    assert sum(weight > 0.5 for weight in right) >= 30
