"""The last layer without gradients through the network: prototypes, and a logistic regression.

Both work on the vectors that the layer gets (`student.encoder.averaging`), so its weights are
those of the student, and nothing of it is special once it is saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

SHARPNESS = 5.0
"""Length of a prototype: what a difference of 1 in cosine is in logits, times a vector's length."""
TURNS = 200
"""Most iterations of L-BFGS."""


def described(labels: Sequence[str], descriptions: Mapping[str, str]) -> list[str]:
    """A text for each label: its name and what is said of it."""
    names = [label.replace("_", " ") for label in labels]
    said = [descriptions.get(label, "").strip() for label in labels]
    return [f"{name}: {line}" if line else name for name, line in zip(names, said, strict=True)]


def prototypes(vectors: Tensor) -> Tensor:
    """Rows of a last layer out of the labels' vectors: unit length, centred, times `SHARPNESS`.

    Centred, since what all descriptions share tells no label from another.

    Args:
        vectors: float32 [labels, width].
    """
    units = normalize(vectors, dim=-1)
    return SHARPNESS * normalize(units - units.mean(0), dim=-1)


def logistic_regression(
    vectors: Tensor, targets: Sequence[int], weights: Sequence[float], start: Tensor
) -> tuple[Tensor, Tensor]:
    """Weights and biases that minimise the rows' cross-entropy + |W - start|² / 2.

    With a start of 0 that is scikit-learn's `LogisticRegression()` for three and more classes; for
    two, its penalty is half of ours. A start of prototypes is kept where no row speaks against it.

    Args:
        vectors: float32 [rows, width].
        targets: Place of each row's label.
        weights: Factor of each row's loss.
        start: float32 [labels, width].

    Returns:
        float32 [labels, width] and [labels].
    """
    x, prior = vectors.double(), start.double()
    gold = torch.tensor(list(targets), device=x.device)
    factor = torch.tensor(list(weights), dtype=torch.float64, device=x.device)
    w = prior.clone().requires_grad_()
    b = torch.zeros(len(prior), dtype=torch.float64, device=x.device, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [w, b], max_iter=TURNS, tolerance_grad=1e-6, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimiser.zero_grad()
        each = cross_entropy(x @ w.T + b, gold, reduction="none")
        value = (factor * each).sum() + ((w - prior) ** 2).sum() / 2
        torch.autograd.backward(value)
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return w.detach().float(), b.detach().float()
