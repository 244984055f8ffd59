"""Control of EvoKD: its writers, labelers and critic without verdicts; no analyst."""

from __future__ import annotations

from graph.methods.evokd import EvoKDLoop


class Static(EvoKDLoop):
    """No student error reaches any prompt."""

    name = "static"
    marks = "none"
