"""What doubt is worth: how many wrong intentions a text's neighbours find, and at how many labels.

    OMP_NUM_THREADS=1 python -m benchmarks.doubt examples/amazon_vader.yaml

No teacher: real train rows stand in for written texts, and a share of them gets a wrong class as
its order. A class is confused with the one whose description lies nearest to it. The rows come in
rounds; earlier ones are known by the label that `method: lean` would have left them with, where a
labeler that is asked is right so often as `RIGHT` says. Never test rows.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from agents.doubt import Doubt, Evidence, to_ask, weighed
from agents.records import Draft
from evokd.config import load_config
from evokd.tasks.task import Task, draw_shots, load_task
from student.encoder.base_embeddings import base_embeddings
from student.selection.neighbours import neighbours

WRONG = 0.12
"""Share of the orders that the writer misses: the 1.5B's texts were right 0.88 to 0.91 (log)."""
RIGHT = 0.85
"""Of a labeler that is asked about a doubtful text."""
A_ROUND, ROUNDS, SEEDS = 24, 6, 5
K = (3, 5, 9)
Floats = npt.NDArray[np.float32]
TRAIN = 600
"""Rows that are drawn from."""


class Counts(NamedTuple):
    """Of a round's texts."""

    texts: int
    wrong: int
    """Their order is not their class."""
    asked: int
    caught: int
    """Wrong ones that were asked about."""
    kept: int
    left: int
    """Wrong labels among the kept."""


def simulate(
    task: Task, vectors: dict[str, Floats], seed: int, *, by: str, k: int, ask: float
) -> list[Counts]:
    """What came of each round."""
    rng = random.Random(seed)
    shots = list(draw_shots(task, 1, seed))
    described = [(vectors[_line(task, label)], label) for label in task.labels]
    other = _nearest_class(described)
    known = [*described, *((vectors[row.text], row.label) for row in shots)]
    drawn = rng.sample([row for row in task.train if row not in shots], A_ROUND * ROUNDS)
    found = []
    for start in range(0, len(drawn), A_ROUND):
        batch = drawn[start : start + A_ROUND]
        ordered = [other[r.label] if rng.random() < WRONG else r.label for r in batch]
        mine = np.stack([vectors[row.text] for row in batch])
        shares = evidence(mine, known, task.labels, by=by, k=k)
        doubts = [
            weighed(Draft(row.id, 1, "plain", row.text, o, None, ()), Evidence(share), 0.0)
            for row, o, share in zip(batch, ordered, shares, strict=True)
        ]
        asked = to_ask(doubts, math.ceil(ask * len(doubts)))
        final = [settled(d, row.label, other, rng) for d, row in zip(asked, batch, strict=True)]
        wrong = [o != row.label for row, o in zip(batch, ordered, strict=True)]
        kept = [(row, f) for row, f in zip(batch, final, strict=True) if f is not None]
        caught = sum(d.asked and w for d, w in zip(asked, wrong, strict=True))
        left = sum(f != row.label for row, f in kept)
        found.append(
            Counts(len(batch), sum(wrong), sum(d.asked for d in asked), caught, len(kept), left)
        )
        known += [(vectors[row.text], f) for row, f in kept]
    return found


def settled(doubt: Doubt, true: str, other: dict[str, str], rng: random.Random) -> str | None:
    """The label that a row is left with; None where writer, evidence and labeler all differ."""
    if not doubt.asked:
        return doubt.intended
    said = true if rng.random() < RIGHT else other[true]
    return said if said in (doubt.intended, doubt.likeliest) else None


def evidence(
    texts: Floats, known: Sequence[tuple[Floats, str]], labels: Sequence[str], *, by: str, k: int
) -> list[dict[str, float]]:
    """Shares of the classes for each text, as `methods.lean.doubt` names them.

    The student is a logistic regression on the same embeddings, for its fine-tuning takes minutes.
    """
    rows, names = np.stack([v for v, _ in known]), [label for _, label in known]
    near = [one.shares for one in neighbours(texts, rows, names, k)]
    if by == "neighbours":
        return near
    model: Any = LogisticRegression(C=10, max_iter=500)  # type: ignore[no-untyped-call]
    model.fit(rows, names)
    said = [dict(zip(model.classes_, p, strict=True)) for p in model.predict_proba(texts).tolist()]
    if by == "student":
        return said
    return [
        {label: (one.get(label, 0.0) + two.get(label, 0.0)) / 2 for label in labels}
        for one, two in zip(near, said, strict=True)
    ]


def _nearest_class(described: Sequence[tuple[Floats, str]]) -> dict[str, str]:
    unit = np.stack([vector / np.linalg.norm(vector) for vector, _ in described])
    likeness = unit @ unit.T
    np.fill_diagonal(likeness, -np.inf)
    return {label: described[int(likeness[at].argmax())][1]
            for at, (_, label) in enumerate(described)}  # fmt: skip


def _line(task: Task, label: str) -> str:
    return f"{label}: {task.descriptions.get(label, '')}"


def main(file: Path) -> None:
    """Print a table for one task."""
    config = load_config(file)
    task = load_task(config.task)
    some = random.Random(0).sample(task.train, min(len(task.train), TRAIN))
    shots = [row for seed in range(SEEDS) for row in draw_shots(task, 1, seed)]
    texts = sorted({r.text for r in (*some, *shots)} | {_line(task, one) for one in task.labels})
    made = base_embeddings(config.student, config.task.kind, texts)
    vectors = dict(zip(texts, made, strict=True))
    task = replace(task, train=tuple(row for row in task.train if row.text in vectors))
    print(f"{config.name}: share asked; caught of the wrong; wrong of the asked; wrong of the kept")
    for by in ("neighbours", "student", "both"):
        for ask in (0.1, 0.25, 1.0):
            for k in K if by == "neighbours" else (5,):
                runs = [
                    one
                    for seed in range(SEEDS)
                    for one in simulate(task, vectors, seed, by=by, k=k, ask=ask)
                ]
                all_ = Counts(*(sum(column) for column in zip(*runs, strict=True)))
                print(
                    f"{by:10} k {k} ask {ask:4}: {all_.asked / all_.texts:.2f}"
                    f"  {all_.caught / all_.wrong:.2f}  {all_.caught / max(1, all_.asked):.2f}"
                    f"  {all_.wrong / all_.texts:.3f} -> {all_.left / all_.kept:.3f}"
                )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
