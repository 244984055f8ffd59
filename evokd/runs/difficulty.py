"""Difficulty that was asked for against what the student made of it, level by level."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from evokd.runs.cache import FileCache
from evokd.runs.dataset import read_dataset
from evokd.runs.files import Unreadable, lines_of
from evokd.runs.hardness import Hardness, read_hardness
from evokd.runs.run import Run, mapping, number

_KEPT = FileCache(16)


@dataclass(frozen=True)
class DifficultyLevel:
    """Accepted rows that were asked for at a level; means are None where nothing was measured."""

    level: float
    rows: int
    """With a verdict of the student, before it trained on them."""
    wrong: int
    margin: float | None
    """Mean margin of the student's answer, in [0, 1]; small means uncertain."""
    loss: float | None
    """Mean cross-entropy on the row's own label, nats."""

    @property
    def error(self) -> float:
        """Share that the student got wrong, in [0, 1]."""
        return self.wrong / self.rows


@dataclass(frozen=True)
class Difficulty:
    """All rounds of a run."""

    levels: tuple[DifficultyLevel, ...]
    """From the lowest; none where no level was asked for."""
    hardness: Hardness | None
    """Hard rows against easy ones, and the levels' rank correlation."""


def read_difficulty(run: Run) -> Difficulty:
    """What was asked for and what was measured."""
    files = [run.path / "metrics.jsonl", run.path / "synthetic.jsonl"]
    return _KEPT.get(run.path, files, lambda: Difficulty(_levels(run), read_hardness(run)))


def _levels(run: Run) -> tuple[DifficultyLevel, ...]:
    if not mapping(run.config.get("loop")).get("difficulty"):
        return ()
    try:
        rows, _ = read_dataset(run)
    except Unreadable:
        return ()
    asked = {row.row: row.level for row in rows if row.level is not None}
    found: dict[float, list[tuple[bool, float | None, float | None]]] = {}
    for where in sorted({row.round for row in rows if row.level is not None}):
        try:
            verdicts, _ = lines_of(run.path, f"rounds/{where:03d}/predictions.jsonl")
        except Unreadable:
            continue
        for one in verdicts:
            level = asked.get(str(one.get("row")))
            if level is not None:
                wrong = one.get("predicted") != one.get("label")
                measured = (wrong, number(one.get("margin")), number(one.get("loss")))
                found.setdefault(level, []).append(measured)
    return tuple(
        DifficultyLevel(
            level,
            len(some),
            sum(wrong for wrong, _, _ in some),
            _mean([margin for _, margin, _ in some]),
            _mean([loss for _, _, loss in some]),
        )
        for level, some in sorted(found.items())
    )


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
