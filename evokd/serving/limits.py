"""What one request may take, and how many may wait: a server that has no limits falls over."""

from __future__ import annotations

import math
from dataclasses import dataclass

from evokd.config import ConfigError


@dataclass(frozen=True, slots=True)
class Limits:
    """Of the server; the command's options have the same names and defaults."""

    max_bytes: int = 1_000_000
    """Of a request's body; a larger one is answered with 413."""
    max_texts: int = 128
    """Of a request; more are answered with 413."""
    max_characters: int = 20_000
    """Of one text; a longer one is answered with 413. The student reads the beginning anyway."""
    timeout_s: float = 30.0
    """Until a request that was read is answered, with 503 where the student has not come to it."""
    receive_s: float = 10.0
    """Until a request must have arrived, or what was sent must be taken: slow clients are left."""
    batch: int = 32
    """Texts of one pass of the student; a request with more is a batch by itself."""
    wait_ms: float = 3.0
    """Most time that a text waits for others to make up a batch with."""
    queue: int = 1024
    """Texts that may wait; a request that finds no room is answered with 503."""
    connections: int = 4096
    """Open at once; those above are turned away with 503."""

    def check(self) -> None:
        """Refuse what can't be.

        Raises:
            ConfigError: naming the option.
        """
        for name in ("max_bytes", "max_texts", "max_characters", "batch", "queue", "connections"):
            if getattr(self, name) < 1:
                raise ConfigError(
                    f"{_option(name)}: expected at least 1, got {getattr(self, name)}"
                )
        for name in ("timeout_s", "receive_s"):
            if not 0 < getattr(self, name) <= 3600:  # NaN is neither
                raise ConfigError(
                    f"{_option(name)}: expected seconds above 0 and at most 3600, got"
                    f" {getattr(self, name):g}"
                )
        if not 0 <= self.wait_ms <= 1000 or math.isnan(self.wait_ms):
            raise ConfigError(
                f"--wait-ms: expected milliseconds from 0 to 1000, got {self.wait_ms:g}"
            )
        if self.queue < self.max_texts:
            raise ConfigError(
                f"--queue: {self.queue} has no room for a request of --max-texts {self.max_texts};"
                " raise it"
            )


def _option(name: str) -> str:
    return f"--{name.removesuffix('_s').replace('_', '-')}"
