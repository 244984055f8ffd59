"""AugGPT (Dai et al. 2023, arXiv 2302.13007): every seed text in other words, with its label.

Six paraphrases a seed text, one pass: at most seven times the data, after which the method has
nothing left to do. Its training recipe (pretraining on base classes, a contrastive loss) does not
transfer to few-shot classes of one task, and its prompts are not published: ours are the packs'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from agents.writer import WriteRequest
from evokd.config import Role
from evokd.config.strict import Strict
from evokd.tasks.example import Example
from graph.methods.rival import Rival

if TYPE_CHECKING:
    from graph.core.node_context import NodeContext


class AugGptSettings(Strict):
    """Its settings."""

    paraphrases: int = Field(6, ge=1)
    """New texts a seed text."""


class AugGPT(Rival):
    """Paraphrases of the seed texts."""

    name = "auggpt"
    settings_type = AugGptSettings
    keys: ClassVar[Mapping[str, str]] = {"rivals.auggpt_paraphrases": "paraphrases"}
    source = "paraphraser"
    once = True

    @property
    def batched(self) -> frozenset[Role]:
        """See `Method`."""
        return frozenset({"paraphraser"})

    def requests(self, node: NodeContext, state: Mapping[str, Any]) -> Sequence[WriteRequest]:
        return paraphrase_requests(node, self.settings)


def paraphrase_requests(node: NodeContext, settings: AugGptSettings) -> list[WriteRequest]:
    """The calls of a run."""
    return write_requests(
        node.seeds, paraphrases=settings.paraphrases, per_call=node.texts_per_call
    )


def write_requests(
    seeds: Sequence[Example], *, paraphrases: int, per_call: int
) -> list[WriteRequest]:
    """Calls for `paraphrases` of each seed row.

    The rows take turns, so that a budget that ends early has served all alike.
    """
    starts = range(0, paraphrases, per_call)
    return [
        WriteRequest(row.label, min(per_call, paraphrases - start), (row.text,), (row.id,))
        for start in starts
        for row in seeds
    ]
