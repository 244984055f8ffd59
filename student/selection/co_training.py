"""Small-loss co-training: which rows do two students come to fit late?

Co-teaching, Han et al. 2018, arXiv 1804.06872, algorithm 1:

    found = co_train(config, labels, rows, trusted, settings, seed=1)
    encoder.fit(rows, seed=1, weights=found.weights)

A network learns right labels before it learns wrong ones by heart. Two students, which differ in
head and order, train side by side; in epoch T (from 0) each picks the share

    R(T) = 1 - min(T / T_k * tau, tau)

of rows on which its loss is the smallest, and the *other* one trains on these: they make different
mistakes, so neither confirms its own. A row's weight is the share of the epochs that left any out
in which at least one of the two picked it.

Ours, not the paper's: rows are picked out of all rows once an epoch, not out of each batch, for a
batch of eight has no rank of its rows to speak of; losses are those without dropout; the weight is
what is wanted here, the two students are thrown away.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from evokd.config import StudentConfig, TaskKind
from evokd.tasks.example import Example
from student.encoder.encoder import Encoder
from student.selection.influence import row_losses

Floats = npt.NDArray[np.floating]
Epoch = Callable[[int, int, Sequence[int]], None]
"""Student (0 or 1), epoch, places of the rows: train one epoch on them."""
Losses = Callable[[int], Floats]
"""Student (0 or 1) → its loss on each row, nats [rows]."""
DOUBTFUL = 0.5
"""A row of less weight than this is a suspect: both left it out more often than not."""


class CoTrainingSettings(Protocol):
    """How long and how strictly; `student.noise` in a config."""

    @property
    def rate(self) -> float: ...
    @property
    def ramp(self) -> int: ...
    @property
    def epochs(self) -> int: ...


@dataclass(frozen=True)
class CoTraining:
    """What came of each row."""

    weights: tuple[float, ...]
    """Share of the epochs in which at least one student picked the row, in [0, 1]."""
    epochs: int
    """Epochs that left rows out: those the weights are shares of."""
    probabilities: npt.NDArray[np.float32]
    """Mean of both students' in the end, float32 [rows, labels]."""


def co_train(
    config: StudentConfig,
    labels: Sequence[str],
    rows: Sequence[Example],
    trusted: Sequence[Example],
    settings: CoTrainingSettings,
    *,
    seed: int,
    kind: TaskKind = "classification",
) -> CoTraining:
    """Train the two and weigh the rows.

    Args:
        config: How the students train.
        labels: All classes.
        rows: To be weighed; none gives no weights.
        trusted: Rows that both always learn and that are not weighed: the seed shots.
        settings: Epochs, expected share of wrong labels, and how fast it is reached.
        seed: Of both students; they get different ones.
        kind: Of the task.

    Raises:
        RunError: the training left the real numbers.
    """
    if not rows:
        return CoTraining((), 0, np.zeros((0, len(labels)), dtype=np.float32))
    pair = [Encoder.create(config, labels, seed + number, kind) for number in (0, 1)]

    def epoch(student: int, number: int, places: Sequence[int]) -> None:
        chosen = [*trusted, *(rows[at] for at in places)]
        own = (2 * number + student) * 1_000_003  # so that no other fit of the run has it
        pair[student].fit(chosen, seed=seed + own, epochs=1)

    weights, counted = kept_shares(
        len(rows), settings, losses=lambda student: row_losses(pair[student], rows), epoch=epoch
    )
    texts = [row.text for row in rows]
    both = np.stack([one.probabilities(texts) for one in pair])
    return CoTraining(weights, counted, both.mean(axis=0, dtype=np.float32))


def kept_shares(
    rows: int, settings: CoTrainingSettings, *, losses: Losses, epoch: Epoch
) -> tuple[tuple[float, ...], int]:
    """The rule alone: weights of so many rows, and the epochs they are shares of."""
    kept, counted = np.zeros(rows), 0
    for number in range(settings.epochs):
        share = keep_rate(number, settings.rate, settings.ramp)
        if number == 0:  # neither has learnt anything that a loss could tell
            picked = [list(range(rows))] * 2
        else:
            picked = [smallest(losses(student), share) for student in (0, 1)]
        if number:
            counted += 1
            kept[sorted({*picked[0], *picked[1]})] += 1
        for student in (0, 1):
            epoch(student, number, picked[1 - student])
    return tuple((kept / max(1, counted)).tolist()), counted


def keep_rate(epoch: int, rate: float, ramp: int) -> float:
    """R(T), the share of rows kept in an epoch (from 0), in [1 - rate, 1]."""
    return 1 - min(epoch / ramp * rate, rate)


def smallest(losses: Floats, share: float) -> list[int]:
    """Places of the share of smallest losses, at least one; of equals the first."""
    most = max(1, math.ceil(share * len(losses) - 1e-9))
    return [int(at) for at in np.argsort(losses, kind="stable")[:most]]
