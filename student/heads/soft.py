"""The loss of a soft target: knowledge distillation's, from probabilities instead of logits.

Hinton, Vinyals & Dean 2015 (arXiv 1503.02531): both distributions are softened by a temperature T,
and the loss is T² times their divergence, so that the size of its gradient hardly depends on T. The
student's p_T is softmax(z / T). The teacher's logits are not known, but log q differs from them by
a constant, so q_T is softmax(log q / T), each probability to the power 1 / T and normalised; 0
stays 0, and a one-hot target is one-hot at every T.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from evokd.config import ConfigError, TaskKind


def soft_loss(logits: Tensor, targets: Tensor, temperature: float) -> Tensor:
    """T² KL(q_T ‖ p_T) of each row, nats, float32 [rows].

    At T = 1 a one-hot target gives the cross-entropy. Of any target the gradient is that of the
    cross-entropy with it, for the two differ by the target's own entropy.

    Args:
        logits: float32 [rows, labels].
        targets: Probabilities, float32 [rows, labels], each row of sum 1.
        temperature: T, above 0.
    """
    log_p = (logits / temperature).log_softmax(-1)
    q = targets if temperature == 1 else (targets.log() / temperature).softmax(-1)
    return temperature**2 * (torch.xlogy(q, q) - q * log_p).sum(-1)


def no_soft_targets(kind: TaskKind) -> ConfigError:
    """The refusal of a kind whose answers no distribution is kept over."""
    return ConfigError(f"student.targets: soft does not work with task.kind {kind}; use hard")


def probabilities(names: Sequence[str], told: Mapping[str, float]) -> list[float]:
    """The names' probabilities, of sum 1.

    Raises:
        ValueError: they are negative, no numbers, or all 0.
    """
    found = [float(told.get(name, 0.0)) for name in names]
    total = sum(found)
    if not 0 < total < float("inf") or min(found) < 0:
        raise ValueError(
            f"no distribution over {list(names)[:10]}: {dict(list(told.items())[:10])}"
        )
    return [p / total for p in found]
