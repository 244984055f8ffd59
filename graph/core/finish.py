"""The end of a run: the student is exported with its card, ready for `transformers.pipeline`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from evokd.config import ROLES
from evokd.ledger.totals import totals
from evokd.store.run_dir import read_lines
from graph.core.run_context import RunContext
from student.card import StudentCard, render_card

if TYPE_CHECKING:
    from student.encoder.encoder import Encoder


async def finish(run: RunContext, number: int) -> None:
    """Save the student as it stands after a round, the last that was trained."""
    student = run.students.after(number)
    lines = [line for line in read_lines(run.dir.metrics) if line["round"] <= number]
    card = render_card(_card(run, number, lines, student))
    temperature = (lines[-1].get("calibration") or {}).get("temperature")
    await asyncio.to_thread(student.save, run.dir.student, card, temperature)


def _counted(run: RunContext, labels: Iterable[str]) -> Counter[str]:
    """Rows of each class."""
    return Counter(name for label in labels for name in run.task.task_format.classes(label))


def _card(
    run: RunContext, number: int, lines: list[dict[str, Any]], student: Encoder
) -> StudentCard:
    config, task, last = run.config, run.task, lines[-1]
    billed = totals(run.metering.ledger.db, (), "edge")["billed"]
    rows = read_lines(run.dir.synthetic)
    trained = sum(line["trained_tokens"] for line in lines)
    embedded = config.student.model == "embedded:minilm"
    return StudentCard(
        name=config.name,
        base_model=config.student.model,
        base_model_hub="sentence-transformers/all-MiniLM-L6-v2" if embedded else None,
        method=config.method,
        language=task.language,
        domain=task.domain,
        labels={
            label: task.descriptions.get(label, "") for label in run.task_format_at(number).labels
        },
        kind=config.task.kind,
        seed_rows=dict(_counted(run, (row.label for row in run.seeds_at(number)))),
        generated_rows=dict(_counted(run, (row["label"] for row in rows if row.get("kept", True)))),
        metrics={split: last[split] for split in ("dev", "test") if last[split]},
        teachers={role: [e.title for e in config.teachers.of(role)] for role in ROLES},
        prompts=run.pack.hashes,
        tokens={
            "billed prompt": billed["prompt_tokens"],
            "billed completion": billed["completion_tokens"],
            "student training": trained,
        },
        thresholds=dict(zip(student.labels, student.thresholds or (), strict=False)),
        calibration=last.get("calibration"),
        config=config.to_yaml(),
    )
