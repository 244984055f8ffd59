"""Soft targets: the hard label is their exact limit, and the gradient is the one that is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from evokd.config import ConfigError, StudentConfig
from evokd.tasks.example import Example
from evokd.tasks.formats.multi import join
from student.encoder.encoder import Encoder
from student.heads import head_of
from student.heads.soft import soft_loss
from tests.student.tiny import BAD, GOOD, save_base

LABELS = ("bad", "fair", "good")
LOGITS = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, 30.0], [-80.0, 0.0, 80.0]])


def test_a_one_hot_target_is_the_cross_entropy() -> None:
    head = head_of("classification", LABELS)
    told = head.soft_targets(["good", "bad", "bad"], [None, {"bad": 1.0}, None])
    soft = head.soft_losses(LOGITS, told, 1.0)
    assert torch.equal(soft, head.losses(LOGITS, [2, 0, 0]))


def test_so_it_is_of_several_heads_whose_marginals_count() -> None:
    names = ("mood: bad", "mood: good", "thing: lid", "thing: kettle", "thing: lamp")
    head = head_of("multi", names)
    answer = join({"mood": "good", "thing": "lamp"})
    other = join({"mood": "good", "thing": "lid"})
    logits = torch.tensor([[1.0, 0.0, 0.5, 2.0, -1.0]])
    hard = head.losses(logits, [[1, 2]])
    assert torch.allclose(head.soft_losses(logits, head.soft_targets([answer], [None]), 1.0), hard)
    (marginals,) = head.soft_targets([answer], [{answer: 0.25, other: 0.75}])
    assert marginals == pytest.approx([0.0, 1.0, 0.75, 0.0, 0.25])


@given(st.lists(st.floats(0.01, 1), min_size=3, max_size=3), st.floats(0.5, 8))
def test_the_loss_is_zero_at_the_teachers_own_logits(shares: list[float], at: float) -> None:
    q = torch.tensor([shares]) / sum(shares)
    assert soft_loss(q.log() + 3.0, q, at).item() == pytest.approx(0, abs=1e-4)


def test_both_sides_are_tempered_and_the_gradient_keeps_its_size() -> None:
    """Equation 2 of Hinton et al. (2015): T (p_T - q_T), as T² times the divergence has it."""
    q, at = torch.tensor([[0.1, 0.2, 0.7]]), 4.0
    logits = torch.tensor([[1.0, -2.0, 0.5]], requires_grad=True)
    soft_loss(logits, q, at).sum().backward()  # type: ignore[no-untyped-call]
    p_t, q_t = (logits / at).softmax(-1), (q.log() / at).softmax(-1)
    assert torch.allclose(logits.grad, at * (p_t - q_t).detach(), atol=1e-6)  # type: ignore[arg-type]


def test_a_one_hot_target_is_tempered_on_the_students_side_alone() -> None:
    one_hot = torch.tensor([[0.0, 0.0, 1.0]])
    expected = 9 * cross_entropy(LOGITS[:1] / 3, torch.tensor([2]))
    assert soft_loss(LOGITS[:1], one_hot, 3.0).item() == pytest.approx(expected.item())


@pytest.mark.parametrize("told", [{}, {"good": 0.0}, {"good": -1.0, "bad": 2.0}, {"odd": 1.0}])
def test_no_distribution_over_these_labels(told: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="no distribution"):
        head_of("classification", LABELS).soft_targets(["good"], [told])


@pytest.mark.parametrize("kind", ["ner", "choice"])
def test_kinds_without_soft_targets(kind: str) -> None:
    with pytest.raises(ConfigError, match=rf"student.targets: soft .* task.kind {kind}"):
        head_of(kind, ("A", "B")).soft_targets(["A"], [None])  # type: ignore[arg-type]


def test_a_student_learns_what_it_is_told_and_one_hot_targets_change_no_bit(tmp_path: Path) -> None:
    config = StudentConfig(
        model=str(save_base(tmp_path / "base")), max_length=32, threads=1, lr=3e-3
    )
    texts = [*((one, "bad") for one in BAD), *((one, "good") for one in GOOD)]
    rows = [Example(str(at), text, label) for at, (text, label) in enumerate(texts)]
    encoder = Encoder.create(config, ["bad", "good"], seed=1)

    def taught(soft: object) -> object:
        encoder.reset()
        encoder.fit(rows, seed=1, epochs=12, soft=soft)  # type: ignore[arg-type]
        return encoder.probabilities([row.text for row in rows])

    assert (taught(None) == taught([None] * len(rows))).all()  # type: ignore[attr-defined]
    told = taught([{"bad": 0.2, "good": 0.8}] * len(rows))
    assert abs(told[:, 1] - 0.8).max() < 0.05  # type: ignore[index]
