"""What an encoder answers a memory policy; loads torch.

    memory.observe(3, rows, EncoderView(encoder))

Everything is computed in eval mode (no dropout) and float32, by the logits as the student has them,
whatever temperature its probabilities are shown at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from evokd.config import RunError
from evokd.tasks.formats.choice import LETTERS
from student.encoder.embeddings import embeddings
from student.encoder.encoded import Encoded
from student.encoder.encoder import Encoder
from student.results import LabelledText
from student.runtime import compute_threads
from student.selection.influence import (
    Direction,
    batches,
    helpfulness,
    losses_of,
    move,
    restored,
    row_losses,
    trainable,
)
from student.selection.memory.student_view import Floats, HeadGradients, Places, Vectors

Answers = TypeVar("Answers", bound=npt.NDArray[Any])

RATE = 0.01
"""Of the virtual step. `student.lr` is AdamW's, which moves each weight by about that much whatever
its gradient; plain descent needs a rate of its own."""


class EncoderView:
    """A `StudentView`; it holds the encoder, so it answers for its weights of the moment.

    A student whose answers are no numbers is a RunError, for they would rank rows at random.
    """

    def __init__(self, encoder: Encoder, rate: float = RATE) -> None:
        """Args.

        encoder: Of any kind of task.
        rate: Learning rate of the virtual step.
        """
        self.encoder = encoder
        self.rate = rate

    def log_probabilities(self, rows: Sequence[LabelledText]) -> Floats:
        parts: dict[int, Floats] = {}
        encoded = self.encoder.encode(rows)
        for batch, logits in self._passes(encoded):
            found = self.encoder.head.log_probabilities(logits, encoded, batch)
            if found is None:
                raise self._refused("one distribution a text")
            parts |= zip(batch, found.double().cpu().numpy(), strict=True)
        width = max((len(part) for part in parts.values()), default=0)
        whole = np.full((len(rows), width), -np.inf)
        for place, part in parts.items():
            whole[place, : len(part)] = part
        return self._numbers(whole)

    def targets(self, rows: Sequence[LabelledText]) -> Places:
        kind = self.encoder.kind
        if kind not in ("classification", "pair", "choice"):
            raise self._refused("one distribution a text")
        answers = LETTERS if kind == "choice" else self.encoder.labels
        place = {answer: at for at, answer in enumerate(answers)}
        foreign = {row.label for row in rows} - place.keys()
        if foreign:
            raise ValueError(f"labels {sorted(foreign)} are not of {list(answers)}")
        return np.array([place[row.label] for row in rows], dtype=np.intp)

    def losses(self, rows: Sequence[LabelledText]) -> Floats:
        return self._numbers(row_losses(self.encoder, rows))

    def embeddings(self, rows: Sequence[LabelledText]) -> Vectors:
        if not rows:
            return np.empty((0, 0), dtype=np.float32)
        return self._numbers(embeddings(self.encoder, [row.text for row in rows]))

    def helpfulness(self, rows: Sequence[LabelledText], gold: Sequence[LabelledText]) -> Floats:
        return self._numbers(helpfulness(self.encoder, rows, gold))

    def losses_after_step(
        self, rows: Sequence[LabelledText], incoming: Sequence[LabelledText]
    ) -> Floats:
        encoder = self.encoder
        with compute_threads(encoder.config.threads):
            direction = loss_gradient(encoder, encoder.encode(incoming))
            with restored(encoder):
                move(encoder, direction, -self.rate)
                return self._numbers(losses_of(encoder, encoder.encode(rows)))

    def head_gradients(self, rows: Sequence[LabelledText]) -> HeadGradients:
        if self.encoder.kind not in ("classification", "pair"):
            raise self._refused("one class a text")
        targets = self.targets(rows)
        errors, inputs = np.empty((len(rows), 0)), np.empty((len(rows), 0))
        with last_layer_inputs(self.encoder) as caught:
            for batch, logits in self._passes(self.encoder.encode(rows)):
                given, bias = caught(logits)
                if not errors.size:
                    errors = np.empty((len(rows), logits.shape[-1]))
                    inputs = np.ones((len(rows), given.shape[-1] + bias))
                errors[batch] = logits.softmax(-1).double().cpu().numpy()
                inputs[batch, : given.shape[-1]] = given.double().cpu().numpy()
        if len(rows):
            errors[np.arange(len(rows)), targets] -= 1
        return HeadGradients(self._numbers(errors), self._numbers(inputs))

    def _passes(self, rows: Encoded) -> Iterator[tuple[list[int], Tensor]]:
        """Places of rows of similar length, and their logits, float32 on the student's device."""
        encoder = self.encoder
        for batch in batches(rows, range(len(rows.ids))):
            inputs = encoder.head.inputs(rows, batch, encoder.pad_id, encoder.device)
            # left before the yield, or it would outlive a caller that fails
            with compute_threads(encoder.config.threads), torch.inference_mode():
                logits: Any = encoder.network(**inputs).logits.float()
            yield batch, logits

    def _numbers(self, found: Answers) -> Answers:
        if np.isnan(found).any():
            raise RunError(
                "student.lr: training diverged (the student's answers are no numbers);"
                f" lower {self.encoder.config.lr:g}"
            )
        return found

    def _refused(self, wanted: str) -> ValueError:
        return ValueError(f"a student of kind {self.encoder.kind} has not {wanted}")


def loss_gradient(encoder: Encoder, rows: Encoded) -> Direction:
    """Gradient of the rows' mean loss by each trainable parameter; zeros without rows."""
    parameters = trainable(encoder)
    sums = [torch.zeros_like(value) for value in parameters]
    for batch in batches(rows, range(len(rows.ids))):
        inputs = encoder.head.inputs(rows, batch, encoder.pad_id, encoder.device)
        logits: Any = encoder.network(**inputs).logits
        losses = encoder.head.losses(logits.float(), [rows.targets[i] for i in batch])
        mean = losses.sum() / len(rows.ids)
        parts = torch.autograd.grad(mean, parameters, allow_unused=True)
        for total, part in zip(sums, parts, strict=True):
            if part is not None:  # a layer that this head doesn't use
                total += part
    return tuple(sums)


@contextmanager
def last_layer_inputs(encoder: Encoder) -> Iterator[Any]:
    """Gives, for the logits of a pass inside, what the last layer got, and if it has a bias.

    Hooks stand on each linear layer of as many outputs: which one ends the network differs by
    architecture, and LoRA keeps an untrained copy beside the trained one.
    """
    seen: list[tuple[Tensor, Tensor, bool]] = []

    def note(layer: nn.Linear, given: tuple[Tensor], made: Tensor) -> None:
        seen.append((given[0], made, layer.bias is not None))

    def caught(logits: Tensor) -> tuple[Tensor, bool]:
        given, made, bias = seen[-1] if seen else (logits, torch.empty(0), False)
        seen.clear()
        same = made.shape == logits.shape and torch.allclose(
            made.float(), logits, rtol=0, atol=0, equal_nan=True
        )
        if not same:
            raise ValueError("this network's last layer doesn't give the logits as they are")
        return given.float(), bias

    outputs = len(encoder.head.outputs)
    layers = [one for one in encoder.network.modules() if isinstance(one, nn.Linear)]
    hooks = [one.register_forward_hook(note) for one in layers if one.out_features == outputs]
    try:
        yield caught
    finally:
        for hook in hooks:
            hook.remove()
