"""A method of one's own: ZeroGen that writes only for the class the student gets wrong most.

    evokd run examples/demo.yaml --set 'plugins=[own_method.py]' --set method=weakest

Paths in a config, and in `--set`, are relative to the config file. From Python:

    import evokd, own_method
    evokd.run("examples/demo.yaml", set={"method": "weakest"})
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

import evokd
from evokd.api.plugins import (
    Marked,
    NodeContext,
    Strict,
    WriteRequest,
    ZeroGen,
    texts_to_write,
    write_requests,
)


class Settings(Strict):
    """`methods: {weakest: {classes: 2}}` in a config."""

    classes: int = Field(1, ge=1)
    """So many of the weakest classes are written for."""


@evokd.method
class Weakest(ZeroGen):
    """Texts for the classes with the most mistakes among the last round's rows."""

    name = "weakest"
    settings_type = Settings
    section = "methods.weakest"

    def requests(self, node: NodeContext, state: Mapping[str, Any]) -> Sequence[WriteRequest]:
        """What the writer is told to write in this round."""
        marked = node.read(state["feedback"], Marked)
        wrong = Counter(row.label for row in marked if row.mark == "wrong")
        ranked = sorted(node.view.ordered, key=lambda label: -wrong[label])
        return write_requests(
            ranked[: self.settings.classes],
            texts=texts_to_write(node, state),
            per_call=node.texts_per_call,
            round_number=node.edge.round,
        )
