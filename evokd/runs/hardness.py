"""How hard the hard rows were: what the student made of each batch before it trained on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evokd.runs.files import Unreadable, lines_of
from evokd.runs.run import Run
from evokd.tasks.intervals import Bounds, difference


@dataclass(frozen=True)
class Hardness:
    """Over all rounds of a run."""

    hard: int
    """Accepted rows of the hard generator."""
    hard_wrong: int
    """Of these, those the student got wrong."""
    easy: int
    easy_wrong: int
    bounds: Bounds | None
    """95 % interval of the difference; None where one generator has no row."""
    levels: int
    """Rows with a level asked for (`loop.difficulty`) and the student's loss."""
    rho: float | None
    """Spearman's correlation of the two; None with fewer than three rows or one level."""
    p: float | None
    """Two-sided, that there is none."""

    @property
    def difference(self) -> float | None:
        """Error on hard rows minus error on easy ones, in [-1, 1]."""
        if not self.hard or not self.easy:
            return None
        return self.hard_wrong / self.hard - self.easy_wrong / self.easy


def read_hardness(run: Run) -> Hardness | None:
    """Of the student's verdicts on its batches; None in a run without hard and easy rows."""
    wrong: dict[str, list[bool]] = {"hard": [], "easy": []}
    pairs: list[tuple[float, float]] = []
    for row, level in _verdicts(run):
        kind = _kind(row)
        if kind in wrong:
            wrong[kind].append(row.get("predicted") != row.get("label"))
        loss = row.get("loss")
        if isinstance(loss, int | float) and level is not None:
            pairs.append((level, float(loss)))
    hard, easy = wrong["hard"], wrong["easy"]
    if not hard and not easy:
        return None
    bounds = difference(sum(hard), len(hard), sum(easy), len(easy)) if hard and easy else None
    rho, p = _spearman(pairs)
    return Hardness(len(hard), sum(hard), len(easy), sum(easy), bounds, len(pairs), rho, p)


def _verdicts(run: Run) -> Iterator[tuple[dict[str, Any], float | None]]:
    """Rows of predictions.jsonl, from round 1 on, and the level each was written for."""
    for number in range(1, len(run.metrics)):
        folder = f"rounds/{number:03d}"
        try:
            rows, _ = lines_of(run.path, f"{folder}/predictions.jsonl")
            drafts, _ = lines_of(run.path, f"{folder}/drafts.jsonl")
        except Unreadable:
            continue
        levels = {one.get("row"): one.get("level") for one in drafts}
        for row in rows:
            yield row, levels.get(row.get("row"))


def _kind(row: dict[str, Any]) -> str:
    """`hard` or `easy`; runs made before rows said so have it in their ids (`r001-h004`)."""
    letter = str(row.get("row", "")).partition("-")[2][:1]
    return str(row.get("kind") or {"h": "hard", "e": "easy"}.get(letter, ""))


def _spearman(pairs: list[tuple[float, float]]) -> tuple[float | None, float | None]:
    levels, losses = [level for level, _ in pairs], [loss for _, loss in pairs]
    if len(pairs) < 3 or len(set(levels)) < 2 or len(set(losses)) < 2:
        return None, None
    from scipy.stats import spearmanr

    found = spearmanr(levels, losses)
    return float(found.statistic), float(found.pvalue)
