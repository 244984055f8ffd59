"""The base network read last, kept on the CPU: a study resets students thousands of times.

Reading MiniLM takes 0.12 s, writing kept tensors over a student's 0.01 s, at the price of 90 MB
beside the student's own. A network over `LARGEST` is not kept, so that one network is in memory.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

LARGEST = 512 * 2**20
"""Bytes of the largest network that is kept."""


@dataclass(frozen=True)
class UntouchedBase:
    """A base network as it was read; of its weights only those that are drawn anew may change."""

    key: Hashable
    """Where it came from, for which labels, and the state of the files."""
    model: Any
    new: frozenset[str]
    """Parameters that the files had no values for."""
    fingerprint: str
    """See `student.encoder.base.Base`."""


def stamp(path: str, *, local: bool) -> tuple[tuple[str, int, int], ...]:
    """Name, bytes and time of change of a folder's files; a hub name is taken as unchanging."""
    if not local:
        return ()
    states = ((file.name, file.stat()) for file in sorted(Path(path).iterdir()))
    return tuple((name, state.st_size, state.st_mtime_ns) for name, state in states)


def recall(key: Hashable) -> UntouchedBase | None:
    """The kept network, if it is the one asked for; another one is let go."""
    if _last and _last[0].key != key:
        _last.clear()
    return _last[0] if _last else None


def keep(pristine: UntouchedBase) -> bool:
    """Keep a network instead of the last one, if it may be kept.

    It must not be too large, and a copy must be told from a new reading by nothing: what the files
    lack is drawn anew for each seed, which `student.encoder.base` does for linear layers; vectors
    are constants (norms, biases).
    """
    parameters = dict(pristine.model.named_parameters())
    linear = {
        f"{name}.weight"
        for name, module in pristine.model.named_modules()
        if isinstance(module, nn.Linear)
    }
    small = sum(value.nbytes for value in parameters.values()) <= LARGEST
    drawn = all(
        name in linear or (name in parameters and parameters[name].ndim == 1)
        for name in pristine.new
    )
    _last[:] = [pristine] if small and drawn else []
    return bool(_last)


_last: list[UntouchedBase] = []
"""One or none."""
