"""Tiny GGUF files, made with the package's own writer; llama.cpp can't run them."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

TEMPLATE = "{{ messages }}"


def save_gguf(
    path: Path,
    *,
    rows: int = 8,
    template: str | None = TEMPLATE,
    context: int | None = 4096,
    words: int = 50,
) -> Path:
    """One tensor of `rows` × 32 values in float32, and a vocabulary of so many words."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(str(path), "llama")
    if context is not None:
        writer.add_context_length(context)
    writer.add_token_list([f"word{n}" for n in range(words)])
    writer.add_token_scores([0.5] * words)
    if template is not None:
        writer.add_chat_template(template)
    writer.add_tensor("token_embd.weight", np.zeros((rows, 32), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
