"""A round's accepted rows as `loop.keep` divided them; without it all of them stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.records import Candidate
from graph.core.node_context import NodeContext
from graph.core.state import LoopState


@dataclass(frozen=True, slots=True)
class KeptRows:
    """The accepted rows, and what became of each."""

    accepted: Sequence[Candidate]
    """All of them."""
    gone: frozenset[str]
    """Ids of those that are not trained on."""
    scores: Mapping[str, float | None] | None
    """Row id → score; rows that are held back from training have none. None: nobody chose."""

    def told(self, row: Candidate) -> dict[str, Any]:
        """A row's score and fate as synthetic.jsonl has them."""
        if self.scores is None:
            return {}
        name = row.draft.row
        return {"score": self.scores.get(name), "kept": name not in self.gone}


def kept_rows(node: NodeContext, state: LoopState, batch: Sequence[Candidate]) -> KeptRows:
    """What the keeper left, for the trainer.

    Args:
        node: The trainer.
        state: Of the round.
        batch: The rows that stay.
    """
    whole, scores = state.get("whole_batch"), state.get("row_scores")
    if whole is None or scores is None:
        return KeptRows(batch, frozenset(), None)
    accepted, staying = node.read(whole, Candidate), {row.draft.row for row in batch}
    gone = frozenset(row.draft.row for row in accepted) - staying
    return KeptRows(accepted, gone, node.run.artefacts.get(scores)[0])
