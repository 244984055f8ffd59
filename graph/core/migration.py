"""Checkpoints of before: what they lack, filled in from the files of the run.

What steers a run is in its state. Runs that began before 2026-11-26 kept three things in report
files alone: the student's steps and the cost of a text in metrics.jsonl, and of reasoning
distillation the responses that the filter had dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evokd.store.run_dir import read_lines

if TYPE_CHECKING:
    from graph.core.run_context import RunContext


def migrated(state: Mapping[str, Any], run: RunContext) -> Mapping[str, Any]:
    """The state with all that nodes count on; a Send's payload is left as it is."""
    if "source" in state or not state.get("round"):
        return state
    if "kept" in state:
        return {**state, **_dropped(state, run)}
    return {**state, **_closed(state, run)}


def _closed(state: Mapping[str, Any], run: RunContext) -> dict[str, Any]:
    """Steps, texts and tokens of the rounds that are closed."""
    if "student_steps" in state:
        return {}
    lines = [line for line in read_lines(run.dir.metrics) if line["round"] < state["round"]]
    if not lines:
        return {}
    return {
        "student_steps": int(lines[-1]["student_steps"]),
        "closed_texts": sum(line["accepted"] + line["rejected"] for line in lines),
        "closed_tokens": int(lines[-1]["billed_tokens"]),
    }


def _dropped(state: Mapping[str, Any], run: RunContext) -> dict[str, Any]:
    """Stage → the responses that the filter dropped."""
    known: dict[str, str] = dict(state.get("dropped", {}))
    for number, stage in enumerate(state["kept"], 1):
        if stage not in known:
            file = run.dir.path / "rounds" / f"{number:03d}" / "dropped.jsonl"
            known[stage] = run.artefacts.put(read_lines(file))
    return {"dropped": known}
