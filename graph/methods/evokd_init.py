"""EvoKD + Init: AugGPT's paraphrases of the seed shots join the warm-up, then EvoKD."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from agents.writer import WriteRequest
from evokd.config import Role
from graph.methods.auggpt import AugGptSettings, paraphrase_requests
from graph.methods.evokd import EvoKDLoop

if TYPE_CHECKING:
    from graph.core.node_context import NodeContext


class EvoKDInit(EvoKDLoop):
    """EvoKD after one round of paraphrases."""

    name = "evokd_init"
    settings_type = AugGptSettings
    keys: ClassVar[Mapping[str, str]] = {"rivals.auggpt_paraphrases": "paraphrases"}
    paraphrases = True

    @property
    def batched(self) -> frozenset[Role]:
        """See `Method`: the paraphrases are done before the loop begins."""
        return frozenset({"paraphraser"})

    def requests(self, node: NodeContext, state: Mapping[str, Any]) -> Sequence[WriteRequest]:
        return paraphrase_requests(node, self.settings)
