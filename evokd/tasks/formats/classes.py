"""Classification: one text, one of the classes."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from evokd.config import DataConfig, TaskConfig, TaskKind
from evokd.tasks.example import Example
from evokd.tasks.formats.task_format import OneTextTask, label_of, text_of
from evokd.tasks.metrics import ClassScores, report, score


class ClassTask(OneTextTask):
    """Text → name of a class; the label is that name."""

    kind: TaskKind = "classification"
    contrast = True

    def __init__(self, config: TaskConfig) -> None:
        self.labels = tuple(config.labels)
        self.data = config.data

    def columns(self, data: DataConfig) -> Mapping[str, str]:
        return {"text": data.text, "label": data.label}

    def read(self, row: Mapping[str, Any], origin: str) -> tuple[str, str]:
        text = text_of(row["text"], f"{origin}: {self.data.text}")
        return text, self.label(row, origin)

    def label(self, row: Mapping[str, Any], origin: str) -> str:
        """The class of a data row."""
        origin = f"{origin}: {self.data.label}"
        return label_of(row["label"], origin, self.labels, self.data.label_map)

    def classes(self, label: str) -> tuple[str, ...]:
        return (label,)

    def other(self, text: str, label: str, rng: random.Random) -> str:
        return rng.choice([name for name in self.labels if name != label])

    def scores(self, rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, float]:
        return score([row.label for row in rows], predicted, self.labels)._asdict()

    def report(self, rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, ClassScores]:
        return report([row.label for row in rows], predicted, self.labels)
