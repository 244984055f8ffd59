"""person: some rows of the round wait for a person's verdict. No tokens.

LangGraph runs an interrupted node again from its first line, so nothing stands before the interrupt
that must happen once. The answer is a reference to the verdicts, for checkpoints hold it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from langgraph.types import interrupt

from agents.person import BY_A_PERSON, Judgement, choose, with_vote
from agents.records import Candidate, Verdict
from evokd.runs.review import ROWS, Asked
from evokd.store.verdicts import Decision
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.rows import JudgedRow, judged
from graph.core.state import LoopState
from student.results import Prediction


async def person(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Ask about the rows that were chosen; then go on with what was said of them."""
    settings, number = node.run.config.loop.human, node.edge.round
    assert settings is not None
    clear: dict[str, Any] = {"judged": []}
    if number % settings.every:
        return clear
    accepted = node.read_all(state.get("accepted") or [state["candidates"]], Candidate)
    rows = _judgements(accepted, node.read_all(state.get("judged", []), JudgedRow))
    predictions = await _student(node, rows)
    margins = {row: said.margin for row, said in predictions.items()}
    chosen = choose(rows, settings.pick, settings.rows, margins, node.rng())
    if not chosen:
        return clear
    shown = [_shown(row, predictions.get(row.candidate.draft.row)) for row in chosen]
    asked = Asked(number, node.run.artefacts.put(shown))
    node.run.dir.write_round(number, ROWS, shown)
    answer: str = interrupt(asked.to_json())
    decisions = {one["row"]: Decision(**one) for one in node.run.artefacts.get(answer)}
    return clear | _decided(state, node, accepted, chosen, decisions)


def _judgements(accepted: Sequence[Candidate], judged: Sequence[JudgedRow]) -> list[Judgement]:
    """Accepted rows with the critic's verdicts, and behind them the rows that it rejected."""
    verdicts = {one.candidate.draft.row: one.verdict for one in judged}
    rows = [Judgement(row, verdicts.get(row.draft.row)) for row in accepted]
    rejected = [Judgement(one.candidate, one.verdict) for one in judged]
    return [*rows, *(row for row in rejected if row.rejected)]


async def _student(node: NodeContext, rows: Sequence[Judgement]) -> dict[str, Prediction]:
    """The student's verdicts, as it stands before it learns the round."""
    texts = [row.candidate.draft.text for row in rows]
    said = await node.run.students.predict(texts, node.edge.round - 1)
    return {row.candidate.draft.row: one for row, one in zip(rows, said, strict=True)}


def _shown(row: Judgement, student: Prediction | None) -> dict[str, Any]:
    """A line of review.jsonl: what a person needs to decide, and no more of the writer's aim."""
    candidate, critic = row.candidate, row.verdict
    return {
        "row": candidate.draft.row,
        "text": candidate.draft.text,
        "label": candidate.label,
        "rejected": row.rejected,
        "votes": [
            {
                "voter": vote.voter,
                "label": vote.label,
                "probability": _share(vote.logprobs, vote.label),
                "reason": vote.reason,
            }
            for vote in candidate.votes
            if vote.voter >= 0  # labelers: what a writer had in mind is not for a person's eyes
        ],
        "critic": critic
        and {"action": critic.action, "label": critic.label, "reason": critic.reason},
        "student": student
        and {"label": student.label, "confidence": round(float(student.confidence), 4)},
    }


def _share(logprobs: dict[str, float] | None, label: str | None) -> float | None:
    found = logprobs.get(label) if logprobs and label is not None else None
    return None if found is None else round(math.exp(found), 4)


def _decided(
    state: LoopState,
    node: NodeContext,
    accepted: Sequence[Candidate],
    chosen: Sequence[Judgement],
    decisions: dict[str, Decision],
) -> dict[str, Any]:
    """The rows and rejections of the round, as the person left them."""
    kept = {row.draft.row: row for row in accepted}
    out: dict[str, Verdict] = {}
    back: set[str] = set()
    for one in chosen:
        row = one.candidate.draft.row
        decision = decisions.get(row)
        if decision is None:  # left open with `--skip-open`: the agents' decision stands
            continue
        if decision.action == "reject":
            verdict = Verdict(row, "reject", None, BY_A_PERSON)
            kept.pop(row, None)
            if not one.rejected:
                out[row] = verdict
        else:
            label = decision.label or one.candidate.label
            action = "accept" if label == one.candidate.label else "relabel"
            reason = "a person's verdict"
            verdict = Verdict(row, "relabel" if action == "relabel" else "accept", label, reason)
            kept[row] = with_vote(one.candidate, label)
            back.add(row)
        node.emit(judged("person", verdict))
    before = node.read_all(state.get("rejected", []), Verdict)
    rejected = [verdict for verdict in before if verdict.row not in back]
    return {
        "accepted": [node.put(kept.values())],
        "rejected": [node.put([*rejected, *out.values()])],
    }
