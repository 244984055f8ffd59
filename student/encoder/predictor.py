"""A student that answers: verdicts and probabilities of texts, in batches of like length.

`Encoder` adds what learns. What computes the logits may be any network: PyTorch's, or an export's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from evokd.config import RunError, StudentConfig, TaskKind
from student.encoder.encoded import Encoded
from student.heads import head_of
from student.heads.label_set import LabelSetHead
from student.results import Prediction
from student.runtime import compute_threads, pick_device

Probabilities = npt.NDArray[np.float32]
"""[texts, labels]; each row adds up to 1."""
PREDICT_ROWS = 32
"""Rows of one forward pass; more saves nothing on a CPU."""


class Predictor:
    """What every student can do, also one that was loaded and learns nothing more."""

    def __init__(
        self,
        config: StudentConfig,
        labels: Sequence[str],
        tokenizer: Any,
        kind: TaskKind = "classification",
    ) -> None:
        least = "one" if kind == "ner" else "two"
        if len(labels) < 1 + (least == "two") or len(set(labels)) < len(labels):
            raise ValueError(f"expected {least} or more different labels, got {list(labels)}")
        self.config = config
        self.labels = tuple(labels)
        self.kind = kind
        self.head = head_of(kind, labels)
        self.device = pick_device()
        self.temperature: float | None = None
        """What its logits are divided by (`evokd.tasks.temperature`); None: nothing."""
        self.abstain_below: float | None = None
        """Least confidence of an answer where its user names none; None: all texts are answered."""
        self._tokenizer = tokenizer
        self._model: Any = None

    @property
    def thresholds(self) -> tuple[float, ...] | None:
        """From which probability on each label is said (`multilabel`); None: of another kind."""
        return self.head.thresholds if isinstance(self.head, LabelSetHead) else None

    @thresholds.setter
    def thresholds(self, found: Sequence[float] | None) -> None:
        if isinstance(self.head, LabelSetHead) and found is not None:
            self.head.thresholds = tuple(found)

    @property
    def network(self) -> Any:
        """The network in eval mode, for what needs its gradients; leave its weights as they are."""
        return self._model

    @property
    def pad_id(self) -> int:
        """Token id that batches are filled up with."""
        pad_id: int = self._tokenizer.pad_token_id
        return pad_id

    @property
    def tokenizer(self) -> Any:
        """The base model's."""
        return self._tokenizer

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """Class probabilities, float32 [texts, labels], rows in the order of `texts`.

        Always computed in float32. What else is in a batch can change the last bits, no more. For
        kinds with one distribution a text (classification and pairs), and for `multilabel`, where
        each label has a probability of its own.
        """
        rows = self._tokenize(texts)
        result = np.empty((len(rows.ids), len(self.labels)), dtype=np.float32)
        for chosen, logits in self._outputs(rows):
            result[chosen] = self.head.probabilities(logits).numpy()
        return result

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """The verdict on each text, in the order of `texts`."""
        rows = self._tokenize(texts)
        verdicts: dict[int, Prediction] = {}
        for chosen, logits in self._outputs(rows):
            verdicts |= zip(chosen, self.head.predictions(logits, rows, chosen), strict=True)
        return [verdicts[place] for place in range(len(rows.ids))]

    def verdicts(
        self, texts: Sequence[str]
    ) -> tuple[list[Prediction], npt.NDArray[np.float32] | None]:
        """The verdict on each text, and its log-probabilities, in one pass.

        These are float32 [texts, answers], -inf for a choice that a text lacks; None for kinds
        without one distribution a text (`ner`, `multi`, `multilabel`).
        """
        rows = self._tokenize(texts)
        said: dict[int, Prediction] = {}
        logs: dict[int, npt.NDArray[np.float32]] = {}
        for chosen, logits in self._outputs(rows):
            said |= zip(chosen, self.head.predictions(logits, rows, chosen), strict=True)
            part = self.head.log_probabilities(logits, rows, chosen)
            if part is not None:
                logs |= zip(chosen, part.numpy(), strict=True)
        found = [said[place] for place in range(len(rows.ids))]
        if not logs:
            return found, None
        width = max(len(row) for row in logs.values())
        whole = np.full((len(found), width), -np.inf, dtype=np.float32)
        for place, row in logs.items():
            whole[place, : len(row)] = row
        return found, whole

    def _outputs(self, rows: Encoded) -> Iterator[tuple[list[int], torch.Tensor]]:
        """Places of rows of similar length, and their logits, float32 on the CPU.

        Raises:
            RunError: they are no numbers.
        """
        lengths = rows.lengths
        order = sorted(range(len(lengths)), key=lambda i: lengths[i])
        for start in range(0, len(order), PREDICT_ROWS):
            chosen = order[start : start + PREDICT_ROWS]
            inputs = self.head.inputs(rows, chosen, self.pad_id, self.device)
            # left before the yield: whoever takes the logits must not compute in this mode
            with compute_threads(self.config.threads), torch.inference_mode():
                logits = self._model(**inputs).logits.float().cpu()
            if logits.isnan().any():  # the loss of few steps can stay a number all the same
                raise RunError(
                    "student.lr: training diverged (the student's answers are no numbers);"
                    f" lower {self.config.lr:g}"
                )
            logits = logits.clone()  # one that may be written to, as outside that mode
            yield chosen, logits if self.temperature is None else logits / self.temperature

    def _tokenize(self, texts: Sequence[str]) -> Encoded:
        return self.head.encode(self._tokenizer, texts, None, self.config.max_length)
