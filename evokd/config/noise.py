"""The section `student.noise`: which labels the student's own training makes doubtful."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from evokd.config.strict import Strict
from evokd.config.task import CAUSAL_KINDS, TaskKind

NoiseMethod = Literal["confident_learning", "co_training"]
"""Rows judged by students that never saw them, or by how late two students come to fit them."""
CO_TRAINING: tuple[NoiseMethod, ...] = ("co_training",)
NoiseAction = Literal["list", "weigh", "drop"]
"""What becomes of a suspect."""
Prune = Literal["confident", "class", "noise_rate", "both"]
"""Which rows confident learning suspects; see `student.selection.confident_learning`."""
NoNoise = Literal["none"]
"""Another way to write null."""

REFUSED: dict[TaskKind, str] = {
    "ner": "a sentence has any number of entities, so there is no one distribution over labels",
    "choice": "the choices of a question are its own, so no row says how often a label is wrong",
    "multi": "a text has several heads, and a row's answer as a whole has no class to compare with",
    "multilabel": "a text has any number of labels, so there is no one distribution over them",
    **dict.fromkeys(CAUSAL_KINDS, "its rows are responses, not labels"),
}
"""Kinds of tasks whose labels can't be doubted so, and why."""


class NoiseConfig(Strict):
    """Label noise: rows whose label is doubtful are listed, weighed down or left out. No tokens."""

    method: NoiseMethod = "confident_learning"
    """Confident learning (Northcutt et al. 2021) trains `folds` students on the other folds and
    doubts labels that they speak against; co-training (Han et al. 2018) trains two students that
    pick each other's rows of small loss, and doubts those that stay behind."""
    action: NoiseAction = "weigh"
    """What becomes of a suspect: listed only; trained on with less weight; not trained on, until a
    later audit clears it."""
    every: int = Field(1, ge=1)
    """Rounds between audits; between two the last one's word stands. Each trains several students
    from base."""
    weight: float = Field(0.25, ge=0, lt=1)
    """With confident learning and `weigh`: factor of a suspect's loss. Co-training has a weight of
    its own for each row."""
    folds: int = Field(5, ge=2, le=50)
    """Confident learning: parts that the rows are dealt into; fewer where there are fewer rows."""
    prune: Prune = "confident"
    """Confident learning: rows that are confidently of another class, or as many as that says,
    picked by class (lowest own probability), by noise rate (largest margin), or both at once."""
    rate: float = Field(0.2, gt=0, lt=1)
    """Co-training: share of wrong labels to expect, the paper's tau."""
    ramp: int = Field(4, ge=1)
    """Co-training: epochs in which the share left out grows from 0 to `rate`, the paper's T_k."""
    epochs: int = Field(10, ge=2)
    """Co-training: passes of both students over the rows."""

    @property
    def co_trains(self) -> bool:
        """Whether two students judge, each by what the other learns; else those of the folds."""
        return self.method in CO_TRAINING


def noise_given(raw: Any) -> Any:
    """The short form: `confident_learning` is `{method: confident_learning}`, `none` is null."""
    if raw == "none" or (isinstance(raw, dict) and raw.get("method", "") in (None, "none")):
        return None
    return {"method": raw} if isinstance(raw, str) else raw
