"""What a memory policy may ask of the student as it stands.

`student.selection.memory.encoder_view.EncoderView` answers for a real student. Nothing is computed
before it is asked for, and nothing is kept: the student learns between two questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from evokd.tasks.example import Example

Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]


class HeadGradients(NamedTuple):
    """Gradient of each row's loss by the last layer: the outer product of its two parts.

    With a bias the layer's input has a last part of 1, so the bias is among the weights.
    """

    errors: Floats
    """Probabilities less the one-hot label, float64 [rows, labels]."""
    inputs: Floats
    """What the last layer gets, and 1, float64 [rows, width + 1]."""


class StudentView(Protocol):
    """Answers stand in the order of the rows; the student is the same bits afterwards."""

    def log_probabilities(self, rows: Sequence[Example]) -> Floats:
        """Of each answer, nats, float64 [rows, answers]; -inf for a choice that a row lacks.

        Differences within a row are those of its logits.

        Raises:
            ValueError: a kind of task without one distribution a text (`ner`, `multi`).
        """
        ...

    def targets(self, rows: Sequence[Example]) -> Places:
        """Place of each row's label among the answers, int [rows].

        Raises:
            ValueError: as `log_probabilities`, or a label that is no answer.
        """
        ...

    def losses(self, rows: Sequence[Example]) -> Floats:
        """Cross-entropy of each row with its label, nats, float64 [rows]; any kind of task."""
        ...

    def embeddings(self, rows: Sequence[Example]) -> Vectors:
        """Mean of the last hidden layer over each text's tokens, float32 [rows, width].

        Raises:
            ValueError: a student that reads several sequences a text (`choice`).
        """
        ...

    def helpfulness(self, rows: Sequence[Example], gold: Sequence[Example]) -> Floats:
        """How much a step on each row would lower the gold rows' loss, float64 [rows].

        By all trainable weights; see `student.selection.influence.helpfulness`.
        """
        ...

    def losses_after_step(self, rows: Sequence[Example], incoming: Sequence[Example]) -> Floats:
        """As `losses`, after a virtual step of gradient descent on the incoming rows."""
        ...

    def head_gradients(self, rows: Sequence[Example]) -> HeadGradients:
        """Gradients by the last layer, out of one forward pass; kinds of one class a text."""
        ...


def outer_products(one: HeadGradients, direction: npt.NDArray[Any]) -> Floats:
    """Product of each gradient with a direction, float64 [rows]; direction: [labels, width + 1]."""
    found: Floats = np.einsum("rl,rl->r", one.errors @ direction, one.inputs)
    return found
