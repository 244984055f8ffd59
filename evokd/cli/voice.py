"""How much a command says while it works: `--quiet`, `--verbose`, `--json`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Literal

Voice = Literal["quiet", "usual", "verbose", "json"]


@contextlib.contextmanager
def hushed(voice: Voice) -> Iterator[None]:
    """Of `quiet` and `json` nothing is printed inside; errors and remarks go to stderr as ever."""
    if voice not in ("quiet", "json"):
        yield
        return
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        yield
