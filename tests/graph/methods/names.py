"""Names of methods, for tests that run them all."""

from __future__ import annotations

from graph.methods import METHODS

NEEDY = ("evokd_yoked", "planted", "planted_other", "pool")
"""Those that need more than a config of any task: a finished run, a column of slices, a pool."""
DRAWN = [name for name, method in METHODS.items() if method.comparable]
"""Those that teach an encoder."""
ENCODER_METHODS = [name for name in DRAWN if name not in NEEDY]
"""Of these, the ones that any task will do for."""


def refused(kind: str) -> dict[str, str]:
    """Methods that make no sense for a kind of task, and why."""
    found = {name: method.refuses.get(kind) for name, method in METHODS.items()}  # type: ignore[call-overload]
    return {name: reason for name, reason in found.items() if reason is not None}
