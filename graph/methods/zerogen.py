"""ZeroGen (Ye et al. 2022, arXiv 2202.07922): texts for a class, trained on as they come.

The published prompt first invents titles, then writes 32 texts a title, with a base model that
continues the sentence. Here the pack's `writer` template asks a chat model for texts of the class
in turn. Published: the student is retrained every 10,000 rows; here after every round of as many
texts as EvoKD's, so that the curves have points at small budgets. SunGen and ProGen write so too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agents.batches import turns
from agents.writer import WriteRequest
from evokd.config import Role
from graph.core.round_budget import texts_to_write
from graph.methods.rival import Rival

if TYPE_CHECKING:
    from graph.core.node_context import NodeContext


class ZeroGen(Rival):
    """Texts for the classes in turn."""

    name = "zerogen"
    source = "writer"

    @property
    def batched(self) -> frozenset[Role]:
        """See `Method`."""
        return frozenset({"writer"})

    def requests(self, node: NodeContext, state: Mapping[str, Any]) -> Sequence[WriteRequest]:
        return write_requests(
            node.view.ordered,
            texts=texts_to_write(node, state),
            per_call=node.texts_per_call,
            round_number=node.edge.round,
        )


def write_requests(
    labels: Sequence[str], *, texts: int, per_call: int, round_number: int
) -> list[WriteRequest]:
    """Calls for `texts` texts, classes in turn, going on where the round before ended.

    Args:
        labels: Of the task, in order.
        texts: In this round; the same in each.
        per_call: Texts of one call.
        round_number: From 1.
    """
    given = turns(labels, texts=texts, per_call=per_call, round_number=round_number)
    return [WriteRequest(label, n) for label, n in given]
