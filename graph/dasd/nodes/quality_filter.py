"""quality_filter: gathers the responses and drops what is not fit to be learnt; spends nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evokd.dasd.filters import Filtered, MeasuredResponse, Reason, Rules, filter_responses
from evokd.dasd.rows import ResponseRow
from evokd.dasd.settings import FiltersConfig
from evokd.store.events import Judged
from graph.core.node_context import NodeContext
from graph.core.silence import warn_of_silence
from graph.dasd.curriculum import STAGE_OF
from graph.dasd.services import DasdServices
from graph.dasd.state import DasdState

SAID: Mapping[Reason, str] = {
    "empty": "empty",
    "truncated": "cut off before its end",
    "too_short": "too short",
    "too_long": "too long for the student",
    "no_conclusion": "states no final answer",
    "repetitive": "repeats itself",
    "wrong": "wrong answer",
    "duplicate": "nearly the same as another response",
}


async def quality_filter(
    state: DasdState, node: NodeContext, services: DasdServices
) -> dict[str, Any]:
    """Keep what is fit; write down what became of the rest."""
    stage = STAGE_OF[state["round"]]
    warn_of_silence(node.run, state["round"], node.edge.target)
    rows = node.read_all(state["written"], ResponseRow)
    found = filter_responses(await _measured(rows, services), rules_of(services))
    dropped = [_rejected(row, found.dropped[row.id]) for row in rows if row.id in found.dropped]
    for line in dropped:
        node.emit(
            Judged(
                row=line["row"],
                by="quality_filter",
                action="reject",
                label=line["label"],
                reason=line["reason"],
            )
        )
    _write(node, rows, dropped, found)
    kept = {one.id for one in found.kept}
    return {
        "kept": {stage: node.put(row for row in rows if row.id in kept)},
        "dropped": {stage: node.run.artefacts.put(dropped)},
    }


def rules_of(services: DasdServices) -> Rules:
    """The rules of the config."""
    config: FiltersConfig = services.settings.filters
    return Rules(
        min_tokens=config.min_tokens,
        max_tokens=config.max_tokens or services.run.config.student.max_length,
        repeated=config.repeated,
        gold=config.gold,
        duplicates=config.duplicates,
    )


async def _measured(rows: Sequence[ResponseRow], services: DasdServices) -> list[MeasuredResponse]:
    """The responses as the filter sees them; one that doesn't fit with its prompt is too long."""
    limit, most = services.run.config.student.max_length, rules_of(services).max_tokens
    prompts = services.prompts([row.question for row in rows])
    sizes = await services.students.sizes(prompts, [row.text for row in rows])
    return [
        MeasuredResponse(
            id=row.id,
            question=row.question,
            text=row.text,
            finish_reason=row.finish_reason,
            tokens=size if both <= limit else max(size, most + 1),
            answer=row.answer,
            right=row.right,
        )
        for row, (size, both) in zip(rows, sizes, strict=True)
    ]


def _rejected(row: ResponseRow, reason: Reason) -> dict[str, Any]:
    return {
        "row": row.id,
        "action": "reject",
        "label": row.answer,
        "reason": SAID[reason],
        "call": None,
        "text": row.text,
        "kind": "plain",
    }


def _write(
    node: NodeContext,
    rows: Sequence[ResponseRow],
    dropped: Sequence[dict[str, Any]],
    found: Filtered,
) -> None:
    number, put = node.edge.round, node.run.dir.write_round
    put(number, "drafts.jsonl", [row.to_line() for row in rows])
    put(number, "dropped.jsonl", dropped)
    counts = {SAID[reason]: count for reason, count in found.counts.items()}
    summary = {
        "responses": len(rows),
        "kept": len(found.kept),
        "right": found.right,
        "wrong": found.wrong,
        "stating_an_answer": sum(row.answer is not None for row in rows),
        "right_of_all": sum(row.right for row in rows),
        "dropped": counts,
    }
    put(number, "filter.json", [summary])
