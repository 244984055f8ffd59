"""evaluator: the student's verdicts on the accepted batch, before it trains on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.records import Candidate, Draft, Marked, Verdict
from evokd.store.events import Evaluated
from evokd.tasks.example import Example
from graph.feedback import mark, shuffled
from graph.nodes.analyst import draw
from graph.state import State
from graph.visit import Visit


async def evaluator(state: State, visit: Visit) -> dict[str, Any]:
    """Mark the batch right and wrong: the next round's feedback, and how hard it really was."""
    bench, number = visit.bench, visit.hop.round
    # without a critic, what the ballot let through is accepted
    refs = state.get("accepted") or [state["candidates"]]
    rows = visit.read_all(refs, Candidate)
    batch = visit.put(rows)
    examples = [example(row) for row in rows]
    predictions = await bench.keeper.predict([row.text for row in examples], number - 1)
    marked = [mark(row, p) for row, p in zip(examples, predictions, strict=True)]
    for row, prediction in zip(marked, predictions, strict=True):
        visit.emit(
            Evaluated(
                row=row.row,
                label=row.label,
                predicted=row.predicted,
                confidence=round(prediction.confidence, 4),
            )
        )
    _write_files(state, visit, rows, marked)
    update: dict[str, Any] = {"batch": batch, "errors": _errors(rows, marked)}
    if marked:  # a round without accepted rows leaves the earlier feedback in place
        if bench.config.method == "evokd_shuffled":
            marked = shuffled(marked, visit.form, draw(visit))
        update["feedback"] = visit.put(marked)
    return update


def example(row: Candidate) -> Example:
    """An accepted row as the student trains on it."""
    return Example(row.draft.row, row.draft.text, row.label)


def _errors(rows: Sequence[Candidate], marked: Sequence[Marked]) -> dict[str, float | None]:
    """Share of rows the student got wrong, by kind; None where there are none of the kind."""
    errors: dict[str, float | None] = {}
    for kind in ("hard", "easy"):
        wrong = [
            m.mark == "wrong" for r, m in zip(rows, marked, strict=True) if r.draft.kind == kind
        ]
        errors[kind] = sum(wrong) / len(wrong) if wrong else None
    return errors


def _write_files(
    state: State, visit: Visit, rows: Sequence[Candidate], marked: Sequence[Marked]
) -> None:
    bench, number = visit.bench, visit.hop.round
    drafts = visit.read_all(state.get("all_drafts", []), Draft)
    rejected = visit.read_all(state.get("rejected", []), Verdict)
    texts = {draft.row: draft for draft in drafts}
    put = bench.dir.write_round
    put(number, "drafts.jsonl", [draft.to_json() for draft in drafts])
    put(number, "accepted.jsonl", [row.to_json() for row in rows])
    put(
        number,
        "rejected.jsonl",
        [{**v.to_json(), "text": texts[v.row].text, "kind": texts[v.row].kind} for v in rejected],
    )
    put(number, "predictions.jsonl", [row.to_json() for row in marked])
