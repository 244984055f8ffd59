"""Where the base encoder, which has learnt nothing yet, puts texts: a pool is embedded once.

Kept vectors lie in the user's cache under a hash of the base model's files, the length at which
texts are cut, and the texts, so that the runs of a study share them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from evokd.config import StudentConfig, TaskKind
from student.encoder.embeddings import Vectors, embeddings
from student.encoder.encoder import Encoder

NAME = "vectors"
"""Of the tensor in a kept file."""


def base_embeddings(
    config: StudentConfig, kind: TaskKind, texts: Sequence[str], *, keep: bool = False
) -> Vectors:
    """Mean of the base encoder's last hidden layer over each text's tokens.

    Args:
        config: Names the base model, and how long a text may be.
        kind: Of one sequence a text.
        texts: Any number.
        keep: Read the vectors from the user's cache, or leave them there.

    Returns:
        float32 [texts, width], in the order of `texts`; [0, 0] for none.

    Raises:
        ConfigError: a base model that can't be had.
        ValueError: a student that reads several sequences a text.
    """
    if not texts:
        return np.empty((0, 0), dtype=np.float32)
    plain = config.model_copy(update={"lora": None})
    encoder = Encoder.create(plain, ("one", "two"), 0, kind)
    if not keep:
        return embeddings(encoder, texts)
    file = cache_folder() / f"{_digest(encoder, texts)}.safetensors"
    kept = _read(file, len(texts))
    if kept is None:
        kept = embeddings(encoder, texts)
        _write(file, kept)
    return kept


def cache_folder() -> Path:
    """Where vectors are kept: `$XDG_CACHE_HOME/evokd/embeddings`, else below `~/.cache`."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    return (base / "evokd/embeddings").expanduser()


def _digest(encoder: Encoder, texts: Sequence[str]) -> str:
    found = hashlib.sha256(f"{encoder.fingerprint} {encoder.config.max_length}".encode())
    for text in texts:
        raw = text.encode()
        found.update(b"%d:" % len(raw))
        found.update(raw)
    return found.hexdigest()


def _read(file: Path, rows: int) -> Vectors | None:
    """The kept vectors; None where there are none that can be read."""
    try:
        found: Vectors = load_file(file)[NAME]
    except (OSError, SafetensorError, KeyError):
        return None
    return found if found.shape[0] == rows and found.dtype == np.float32 else None


def _write(file: Path, vectors: Vectors) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(f".{os.getpid()}.tmp")
    save_file({NAME: vectors}, new)
    os.replace(new, file)
