from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from student.encoder.last_layer import SHARPNESS, described, logistic_regression, prototypes


def points(classes: int) -> tuple[torch.Tensor, list[int]]:
    generator = torch.Generator().manual_seed(0)
    gold = [i % classes for i in range(30)]
    centres = torch.randn(classes, 6, generator=generator)
    return centres[gold] + torch.randn(30, 6, generator=generator), gold


def sklearn_head(C: float) -> Any:
    return LogisticRegression(C=C, tol=1e-8, max_iter=1000)  # type: ignore[no-untyped-call]


def test_as_scikit_learn() -> None:
    x, gold = points(3)
    weights = [1.0 + i % 4 for i in range(30)]
    reference = sklearn_head(C=1).fit(x.numpy(), gold, weights)
    w, b = logistic_regression(x, gold, weights, torch.zeros(3, 6))
    np.testing.assert_allclose(w.numpy(), reference.coef_, atol=1e-3)
    np.testing.assert_allclose((b - b.mean()).numpy(), reference.intercept_, atol=1e-3)


def test_two_classes_have_half_of_scikit_learns_penalty() -> None:
    x, gold = points(2)
    reference = sklearn_head(C=2).fit(x.numpy(), gold)
    w, b = logistic_regression(x, gold, [1.0] * 30, torch.zeros(2, 6))
    np.testing.assert_allclose((w[1] - w[0]).numpy(), reference.coef_[0], atol=1e-3)
    np.testing.assert_allclose((b[1] - b[0]).numpy(), reference.intercept_[0], atol=1e-3)


def test_a_start_is_kept_where_rows_say_nothing() -> None:
    x, gold = points(3)
    start = torch.randn(3, 6, generator=torch.Generator().manual_seed(1))
    kept, _ = logistic_regression(x, gold, [0.0] * 30, start)
    torch.testing.assert_close(kept, start)
    moved, _ = logistic_regression(x, gold, [1.0] * 30, start)
    assert not torch.allclose(moved, start, atol=0.1)


def test_rows_of_one_class_will_do() -> None:
    x, _ = points(3)
    w, b = logistic_regression(x, [1] * 30, [1.0] * 30, torch.zeros(3, 6))
    assert torch.isfinite(w).all() and torch.isfinite(b).all()
    assert (x @ w.T + b).argmax(1).tolist() == [1] * 30


def test_prototypes_are_centred() -> None:
    common = torch.full((3, 4), 10.0)
    rows = prototypes(common + torch.eye(3, 4))
    torch.testing.assert_close(rows.norm(dim=1), torch.full((3,), SHARPNESS))
    assert torch.cosine_similarity(rows[0], rows[1], dim=0) < 0


def test_a_label_without_description_is_its_name() -> None:
    said = described(["card_lost", "other"], {"card_lost": "the card is gone", "other": ""})
    assert said == ["card lost: the card is gone", "other"]
