"""AugGPT (Dai et al. 2023, arXiv 2302.13007): every seed text in other words, with its label.

Six paraphrases a seed text, one pass: at most seven times the data, after which the method has
nothing left to do, unless it is told to `repeat`. Its training recipe (pretraining on base classes,
a contrastive loss) does not transfer to few-shot classes of one task, and its prompts are not
published: ours are the packs'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from agents.batches import turns
from agents.writer import WriteRequest
from evokd.config import Role
from evokd.config.strict import Strict
from evokd.tasks.example import Example
from graph.core.round_budget import texts_to_write
from graph.methods.rival import Rival

if TYPE_CHECKING:
    from graph.core.node_context import NodeContext


class AugGptSettings(Strict):
    """Its settings."""

    paraphrases: int = Field(6, ge=1)
    """New texts a seed text."""


class RepeatedSettings(AugGptSettings):
    """Its settings, and how long it goes on."""

    repeat: bool = False
    """Not one pass, but rounds of as many texts as EvoKD's, until the budget ends the run: what
    paraphrases alone can reach."""


class AugGPT(Rival):
    """Paraphrases of the seed texts."""

    name = "auggpt"
    settings_type = RepeatedSettings
    keys: ClassVar[Mapping[str, str]] = {
        "rivals.auggpt_paraphrases": "paraphrases",
        "rivals.auggpt_repeat": "repeat",
    }
    source = "paraphraser"

    @property
    def once(self) -> bool:
        """See `Rival`."""
        return not self.settings.repeat

    @property
    def batched(self) -> frozenset[Role]:
        """See `Method`."""
        return frozenset({"paraphraser"})

    def requests(self, node: NodeContext, state: Mapping[str, Any]) -> Sequence[WriteRequest]:
        if self.once:
            return paraphrase_requests(node, self.settings)
        return repeated_requests(
            node.seeds,
            texts=texts_to_write(node, state),
            per_call=node.texts_per_call,
            round_number=node.edge.round,
        )


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


def repeated_requests(
    seeds: Sequence[Example], *, texts: int, per_call: int, round_number: int
) -> list[WriteRequest]:
    """Calls of one round without end: the rows in turn, going on where the round before ended.

    Args:
        seeds: The seed rows, in order.
        texts: In this round; the same in each.
        per_call: Texts of one call.
        round_number: From 1.
    """
    given = turns(seeds, texts=texts, per_call=per_call, round_number=round_number)
    return [WriteRequest(row.label, n, (row.text,), (row.id,)) for row, n in given]
