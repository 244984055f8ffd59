"""What the teacher itself scores, unhelped: a reference line beside the students' curves.

The first labeler of the config labels a fixed sample of train rows through its prompt of the pack,
without a seed shot in it: rows that no cell of the study has as a shot, and that equal no test or
dev row. Its calls have books of their own in `references/`, and count for no arm.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from agents.ballot import calibrated
from agents.labeler import label
from agents.records import Draft, Vote
from agents.task_view import TaskView
from evokd.config import BudgetConfig, Config
from evokd.ledger.budget import Budget
from evokd.ledger.edge import Edge
from evokd.ledger.ledger import Ledger
from evokd.store.artefacts import write_atomic
from evokd.studies.grid.identity import digest, pack_sha
from evokd.studies.run.judge import hold
from evokd.tasks.example import Example
from evokd.tasks.task import Task, draw_shots, full_rows
from evokd.teacher.metered_client import MeteredClient
from evokd.teacher.metering import Metering
from evokd.teacher.pool import TeacherPool
from graph.packs import pack_of
from prompts.pack import Pack

REFERENCES = "references"
"""Folder of a study, for its teachers' own scores."""
RESULT = "reference.json"
REFERENCE = "reference"
"""Key of its name in it."""


def teacher_reference(
    config: Config, task: Task, study: Path, rows: int, draws: Iterable[tuple[int, int]]
) -> str:
    """The name of the teacher's own score in the study; it is asked if that isn't there yet.

    Args:
        config: Of a cell.
        task: Its task.
        study: The study's folder.
        rows: How many are labelled.
        draws: Shots and seed of the study's cells.
    """
    pack = pack_of(config)
    teacher = config.teachers.of("labeler")[0]
    sample = held_out_sample(task, rows, draws)
    name = digest(
        [(row.text, row.label) for row in sample],
        config.task.model_dump(mode="json", include={"labels", "heads", "choices", "domain"}),
        pack_sha(pack, ["labeler"]),
        teacher.model_dump(mode="json", exclude_defaults=True),  # a new setting renames none
    )
    folder = study / REFERENCES / name
    with hold(folder):
        if not (folder / RESULT).is_file():
            votes = asyncio.run(labeler_votes(config, task, pack, sample, folder, name))
            if pack.manifest.labeler.calibrate:
                votes = calibrated(votes, task.labels)
            document = _result(config, task, sample, votes, folder) | {REFERENCE: name}
            write_atomic(folder / RESULT, json.dumps(document, ensure_ascii=False) + "\n")
    return name


def held_out_sample(task: Task, rows: int, draws: Iterable[tuple[int, int]]) -> tuple[Example, ...]:
    """Train rows that no draw has as a shot, by a hash of their text: the same on each machine."""
    shots = {row.id for k, seed in draws for row in draw_shots(task, k, seed)}
    free = [row for row in full_rows(task) if row.id not in shots]

    def rank(row: Example) -> tuple[str, str]:
        whole = f"teacher reference\0{row.label}\0{row.text}"
        return hashlib.sha256(whole.encode()).hexdigest(), row.id

    return tuple(sorted(free, key=rank)[:rows])


async def labeler_votes(
    config: Config,
    task: Task,
    pack: Pack,
    sample: Sequence[Example],
    folder: Path,
    name: str,
    shots: tuple[Example, ...] = (),
) -> Sequence[Vote]:
    """A vote on each row, not calibrated; what was answered before a kill is read in the journal.

    Args:
        config: Whose first labeler is asked.
        task: Its task.
        pack: How it is asked.
        sample: The rows.
        folder: For the books.
        name: Of this asking, in the journal.
        shots: Rows that the labeler may be shown with their answers.
    """
    pool = TeacherPool(config.teachers)
    pool.work_in(folder / "batches.jsonl", lambda _: None)
    with Ledger(folder / "ledger.sqlite") as ledger:
        metering = Metering(
            ledger=ledger,
            budget=Budget(BudgetConfig(tokens=None), ledger.spent()),
            emit=lambda _: None,
            seed=0,
            repair_turns=config.loop.repair_turns,
        )
        edge = Edge("START", "labeler", thread=name, task=name, node_attempt=1, round=0)
        drafts = [Draft(row.id, 0, "plain", row.text, None, None, ()) for row in sample]
        view = TaskView.of(task, shots, config)
        try:
            client = MeteredClient(metering, pool.of("labeler"), "labeler", edge)
            return (await label(client, pack, view, drafts, 0)).votes
        finally:
            await metering.drain()
            await pool.close()


def _result(
    config: Config, task: Task, sample: Sequence[Example], votes: Sequence[Vote], folder: Path
) -> dict[str, Any]:
    """Its scores; a row without a usable answer counts as wrong."""
    rng = random.Random(0)
    form = task.task_format
    said = [
        form.other(row.text, row.label, rng) if vote.label is None else vote.label
        for row, vote in zip(sample, votes, strict=True)
    ]
    with Ledger(folder / "ledger.sqlite") as ledger:
        spent = list(ledger.spent().values())
    scores = form.scores(sample, said)
    return {
        "teacher": config.teachers.of("labeler")[0].title,
        "pack": config.prompts.pack,
        "rows": len(sample),
        "unlabelled": sum(vote.label is None for vote in votes),
        "metric": config.task.metric,
        "score": scores[config.task.metric],
        "scores": scores,
        "calls": sum(amounts.calls for amounts in spent),
        "tokens": sum(amounts.tokens for amounts in spent),
    }
