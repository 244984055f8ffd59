"""Fingerprint of a causal base model: adapters fit only the weights they were trained on."""

from __future__ import annotations

import hashlib
from typing import Any

import torch


def fingerprint_of(model: Any) -> str:
    """SHA-256 over names, shapes, types and bytes of the tensors, as they were read from disk.

    Taken before the weights are moved or cast, so that a GPU and a CPU agree on it.
    """
    digest = hashlib.sha256()
    for name, value in sorted(model.named_parameters()):
        digest.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
        digest.update(value.detach().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
