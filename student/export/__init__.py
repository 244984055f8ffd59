"""Students in other forms: one ONNX file, a table of words, a GGUF.

    onnx_file     the network as torch exports it; int8 weights
    static        one vector of logits a token, distilled from the student
    gguf_file     a language model for llama.cpp
    parity        what the exported student says otherwise than the student
    loading       `load_exported`: ask an exported student as any other
    manifest      evokd.json, what a folder is

Importing the package loads neither torch nor ONNX.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from student.encoder.encoder import Encoder


def load_exported(folder: Path, threads: int | None = None) -> Encoder:
    """See `student.export.loading.load_exported`."""
    from student.export.loading import load_exported as load

    return load(folder, threads)
