"""An ONNX file in the place of a network: keyword arguments in, an object with `logits` out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from evokd.config import ConfigError
from student.export.extra import READING, require
from student.runtime import available_threads


class Outputs(NamedTuple):
    """What a forward pass gives."""

    logits: Tensor


class OnnxNetwork:
    """An open file; several threads may ask it at once."""

    def __init__(self, session: Any, inputs: Sequence[str]) -> None:
        self._session, self._inputs = session, tuple(inputs)

    @classmethod
    def open(cls, file: Path, inputs: Sequence[str], threads: int | None) -> OnnxNetwork:
        """Read a file for the CPU.

        Args:
            file: That `student.export.onnx_file` wrote.
            inputs: Names of its inputs.
            threads: To compute with; None: as many as the process may use.

        Raises:
            ConfigError: no onnxruntime, or a file that it can't read.
        """
        require(READING)
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or available_threads()
        options.log_severity_level = 3  # errors; who loads a student can do nothing about the rest
        try:
            session = onnxruntime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its errors have no common type
            said = " ".join(str(error).split())[:200]
            raise ConfigError(f"{file}: onnxruntime can't read it ({said})") from error
        return cls(session, inputs)

    def __call__(self, **inputs: Tensor) -> Outputs:
        """Logits, float32 on the CPU."""
        given = {name: inputs[name].cpu().numpy() for name in self._inputs}
        (logits,) = self._session.run(["logits"], given)
        return Outputs(torch.from_numpy(logits))
