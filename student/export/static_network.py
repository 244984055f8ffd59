"""A static student: a table with a row of logits for each token of the vocabulary, and their mean.

The logits of a text are the mean of its tokens' rows, special tokens left out, plus a bias. Nothing
in it knows the order of the words; it is read in microseconds, and can be read by people.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from evokd.config import ConfigError
from student.export.onnx_network import Outputs


class StaticNetwork:
    """In the place of a network: token ids in, an object with `logits` out."""

    def __init__(self, table: Tensor, counted: Tensor, bias: Tensor) -> None:
        """Make one.

        Args:
            table: float32 [vocabulary, outputs]; 0 for special tokens.
            counted: float32 [vocabulary]: 1, or 0 for special tokens.
            bias: float32 [outputs].
        """
        self.table, self.counted, self.bias = table, counted, bias

    @classmethod
    def open(cls, file: Path) -> StaticNetwork:
        """Read what `save` wrote.

        Raises:
            ConfigError: a file that is none.
        """
        try:
            parts = load_file(str(file))
            return cls(parts["table"], parts["counted"], parts["bias"])
        except (OSError, SafetensorError, KeyError) as error:
            raise ConfigError(f"{file}: can't be read as a static student ({error})") from error

    def save(self, file: Path) -> None:
        """Write the tensors."""
        parts = {"table": self.table, "counted": self.counted, "bias": self.bias}
        save_file({name: part.contiguous() for name, part in parts.items()}, str(file))

    def __call__(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Outputs:
        """Logits, float32 [rows, outputs] on the CPU; ids and mask are int64 [rows, tokens]."""
        ids = input_ids.cpu()
        seen = self.counted[ids] * attention_mask.cpu()
        summed = torch.einsum("rt,rto->ro", seen, self.table[ids])
        return Outputs(summed / seen.sum(1, keepdim=True).clamp(min=1) + self.bias)
