"""The end of a run: the student is exported with its card, ready for `transformers.pipeline`."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from evokd.config import REASONING, ROLES
from evokd.ledger.totals import totals
from evokd.store.run_dir import read_lines
from graph.bench import Bench
from graph.dasd_finish import finish_dasd
from student.card import StudentCard, render_card


async def finish(bench: Bench, state: dict[str, Any]) -> None:
    """Save the student of the last round that was trained."""
    if bench.config.method == REASONING:
        await finish_dasd(bench, state)
        return
    last = read_lines(bench.dir.metrics)[-1]
    student = bench.keeper.after(int(last["round"]))
    card = render_card(_card(bench, last))
    await asyncio.to_thread(student.save, bench.dir.student, card)


def _card(bench: Bench, last: dict[str, Any]) -> StudentCard:
    config, task = bench.config, bench.task
    number = int(last["round"])
    billed = totals(bench.books.ledger.db, (), "edge")["billed"]
    rows = read_lines(bench.dir.synthetic)
    trained = sum(line["trained_tokens"] for line in read_lines(bench.dir.metrics))
    embedded = config.student.model == "embedded:minilm"
    return StudentCard(
        name=config.name,
        base_model=config.student.model,
        base_model_hub="sentence-transformers/all-MiniLM-L6-v2" if embedded else None,
        method=config.method,
        language=task.language,
        domain=task.domain,
        labels={label: task.descriptions.get(label, "") for label in bench.form_at(number).labels},
        kind=config.task.kind,
        seed_rows=dict(Counter(row.label for row in bench.seeds_at(number))),
        generated_rows=dict(Counter(row["label"] for row in rows)),
        metrics={split: last[split] for split in ("dev", "test") if last[split]},
        teachers={role: [e.title for e in config.teachers.of(role)] for role in ROLES},
        prompts=bench.pack.hashes,
        tokens={
            "billed prompt": billed["prompt_tokens"],
            "billed completion": billed["completion_tokens"],
            "student training": trained,
        },
        config=config.to_yaml(),
    )
