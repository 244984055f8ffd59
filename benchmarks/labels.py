"""How often is a labeler right? Its labels of real train rows, with the prompts of a run.

    python -m benchmarks.labels examples/trec6.yaml [--rows 20] [--set teachers.default.embedded=…]

Equally many train rows of each class, drawn by the config's seed, none of them a seed shot (never a
test row); asked one text after the other as a run asks, once without and once with the seed shots
that the pack shows. Calibrated: batch calibration over all rows, as the ballot does over a round's;
with equally many rows a class it does better here than in a round that has them uneven. Sentences
with entities (`kind: ner`) are drawn at random, as many times `--rows` as there are types, and
scored by the task's metric, with an interval over resampled sentences.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from agents.ballot import calibrated
from agents.records import Vote
from evokd.config import Config, load_config
from evokd.ledger.ledger import Ledger
from evokd.studies.run.teacher_reference import labeler_votes
from evokd.tasks.example import Example
from evokd.tasks.intervals import wilson
from evokd.tasks.task import Task, full_rows, load_task
from graph.methods import method_of
from graph.packs import pack_of

RESAMPLES = 400
"""Of the sentences, for an interval."""


def draw(task: Task, shots: Sequence[Example], rows: int, seed: int) -> list[Example]:
    """`rows` of each class, or all it has, that are no seed shot."""
    known = {row.id for row in shots}
    rng = random.Random(seed)
    if task.task_format.kind == "ner":
        free = [row for row in full_rows(task) if row.id not in known]
        return rng.sample(free, min(rows * len(task.labels), len(free)))
    found: list[Example] = []
    for name in task.labels:
        own = [row for row in full_rows(task) if row.label == name and row.id not in known]
        found += rng.sample(own, min(rows, len(own)))
    return found


def share_right(sample: Sequence[Example], votes: Sequence[Vote]) -> str:
    right = sum(vote.label == row.label for row, vote in zip(sample, votes, strict=True))
    bounds = wilson(right, len(sample))
    if bounds is None:
        return "none"
    return f"{right / len(sample):.3f} ({bounds.low:.3f} to {bounds.high:.3f})"


def score(config: Config, task: Task, sample: Sequence[Example], votes: Sequence[Vote]) -> str:
    """The task's metric; a reply that can't be used counts as a wrong one."""
    rng, form, metric = random.Random(0), task.task_format, config.task.metric
    pairs = [
        (row, form.other(row.text, row.label, rng) if vote.label is None else vote.label)
        for row, vote in zip(sample, votes, strict=True)
    ]

    def of(some: Sequence[tuple[Example, str]]) -> float:
        rows, said = zip(*some, strict=True)
        return form.scores(rows, said)[metric]

    found = sorted(of(rng.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    low, high = found[round(0.025 * (RESAMPLES - 1))], found[round(0.975 * (RESAMPLES - 1))]
    return f"{metric} {of(pairs):.3f} ({low:.3f} to {high:.3f})"


def measure(
    config: Config, task: Task, sample: Sequence[Example], shots: tuple[Example, ...]
) -> str:
    """One line: labels right before and after calibration, unusable ones, tokens a label."""
    pack = pack_of(config)
    with tempfile.TemporaryDirectory() as folder:
        books = Path(folder)
        votes = asyncio.run(labeler_votes(config, task, pack, sample, books, "labels", shots))
        with Ledger(books / "ledger.sqlite") as ledger:
            tokens = sum(amounts.tokens for amounts in ledger.spent().values())
    right = share_right(sample, votes)
    is_ner = task.task_format.kind == "ner"
    line = score(config, task, sample, votes) if is_ner else f"right {right}"
    if pack.manifest.labeler.calibrate:
        line += f"; calibrated {share_right(sample, calibrated(votes, task.labels))}"
    unusable = sum(vote.label is None for vote in votes)
    return f"{line}; {unusable} unusable; {tokens / len(sample):.0f} tokens a label"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--rows", type=int, default=20, help="of each class")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    given = parser.parse_args()
    config = load_config(given.config, given.overrides)
    task = load_task(config.task)
    shots = method_of(config).answered(task)
    sample = draw(task, shots, given.rows, config.seed)
    teacher = config.teachers.of("labeler")[0].title
    print(f"{config.name}, {teacher}, {len(sample)} train rows; 95 % intervals (Wilson)")
    for name, shown in (("without shots", ()), ("with the seed shots", shots)):
        print(f"{name:20} {measure(config, task, sample, shown)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
