"""One labelled text: the smallest thing that data, prompts, students and scores have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its gold label."""

    id: str
    """Split and row, as in `train-17`; rows count from 0 in the order of the file."""
    text: str
    """As it stands in the data, never empty."""
    label: str
    """One of the task's label names."""

    @property
    def number(self) -> int:
        """The row's place in its file, from 0."""
        return int(self.id.rpartition("-")[2])

    def to_json(self) -> dict[str, str]:
        return {"id": self.id, "text": self.text, "label": self.label}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Example:
        """The inverse of `to_json`; further keys are ignored."""
        return cls(id=str(raw["id"]), text=str(raw["text"]), label=str(raw["label"]))
