"""What the loop keeps of an analysis to score it by, and its score for the round's line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.faithfulness import (
    CitedLoss,
    Errors,
    NamedPattern,
    cited_loss,
    errors_of,
    every,
    faithfulness,
)
from agents.records import Analysis, Marked
from evokd.store.artefacts import Ref
from graph.core.node_context import NodeContext
from graph.core.state import LoopState


def keep_named(
    state: LoopState, node: NodeContext, analysis: Analysis, rows: Sequence[Marked]
) -> list[Ref]:
    """`LoopState.named` with this round's analysis.

    The letters of `choice` are no classes, so there an analysis names no errors that can be told.

    Args:
        state: With the losses of the feedback, where the student gave any.
        node: Who analysed.
        analysis: Its patterns; plain text is one pattern, of all the rows it was made from.
        rows: As the analyst was shown them.
    """
    before = state.get("named", [])
    if node.task_format.kind == "choice":
        return before
    ref = state.get("losses")
    losses = node.run.artefacts.get(ref)[0] if ref else {}
    document = {
        "round": node.edge.round,
        "patterns": [sorted(one.errors, key=str) for one in patterns_of(node, analysis, rows)],
        "losses": cited_loss(rows, analysis.cited, losses)._asdict(),
    }
    return [*before, node.run.artefacts.put([document])]


def patterns_of(
    node: NodeContext, analysis: Analysis, rows: Sequence[Marked]
) -> list[NamedPattern]:
    """The errors that each pattern names."""
    classes = node.task_format.classes
    cited = [pattern.cited for pattern in analysis.patterns if pattern.cited] or [analysis.cited]
    found = [
        NamedPattern(errors_of([row for row in rows if row.row in ids], classes)) for ids in cited
    ]
    if rows or not analysis.about:
        return found
    # planted: it cites no row, and names a class
    return [NamedPattern(frozenset((name, None) for name in analysis.about))]


def score_analysis(
    state: LoopState, node: NodeContext, verdicts: Sequence[Marked]
) -> dict[str, Any] | None:
    """The key `faithful` of the round's line; None where nobody analysed.

    Args:
        state: With what the run's analyses name.
        node: The evaluator.
        verdicts: On the accepted batch, by the student as it stood when the analysis was written.
    """
    kept = [node.run.artefacts.get(ref)[0] for ref in state.get("named", [])]
    if not kept or kept[-1]["round"] != node.edge.round:
        return None
    *earlier, own = kept
    return faithfulness(
        _patterns(own),
        [every(_patterns(one)) for one in earlier],
        verdicts,
        node.task_format.classes,
        CitedLoss(**own["losses"]),
    )


def _patterns(document: dict[str, Any]) -> list[NamedPattern]:
    def errors(pairs: Sequence[Sequence[Any]]) -> Errors:
        return frozenset((name, other) for name, other in pairs)

    return [NamedPattern(errors(pairs)) for pairs in document["patterns"]]
