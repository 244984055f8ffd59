"""What a run's students say of each test row, kept small: answers by number.

The trainer writes it of the last student, a study puts those beside it that were trained anew.
Readers get it, and nothing that a run goes by.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evokd.store.artefacts import dumps, write_atomic

FINAL = "final"
"""Name of the run's own last student; the others are `refit-1`, …"""


@dataclass(frozen=True)
class TestPredictions:
    """Answers of one run's students to the test rows."""

    __test__ = False  # no test, whatever pytest makes of the name

    metric: str
    """Name of the score that counts."""
    answers: tuple[str, ...]
    """Every answer that is right for some row, or was given: class names, or spans as JSON."""
    rows: tuple[str, ...]
    """Ids of the test rows."""
    gold: tuple[int, ...]
    """Place in `answers` of each row's right one."""
    predicted: Mapping[str, tuple[int, ...]]
    """Student → place in `answers` of what it says of each row."""

    @classmethod
    def of(
        cls,
        metric: str,
        rows: Sequence[str],
        gold: Sequence[str],
        predicted: Mapping[str, Sequence[str]],
    ) -> TestPredictions:
        """Code answers by number."""
        every = dict.fromkeys([*gold, *(one for said in predicted.values() for one in said)])
        places = {answer: place for place, answer in enumerate(sorted(every))}
        return cls(
            metric=metric,
            answers=tuple(places),
            rows=tuple(rows),
            gold=tuple(places[answer] for answer in gold),
            predicted={
                name: tuple(places[answer] for answer in said) for name, said in predicted.items()
            },
        )

    def words(self, name: str) -> list[str]:
        """What a student says, in words."""
        return [self.answers[place] for place in self.predicted[name]]

    def beside(self, name: str, said: Sequence[str]) -> TestPredictions:
        """These and another student's."""
        known = {one: self.words(one) for one in self.predicted}
        gold = [self.answers[place] for place in self.gold]
        return TestPredictions.of(self.metric, self.rows, gold, {**known, name: said})

    def to_json(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "answers": self.answers,
            "rows": self.rows,
            "gold": self.gold,
            "predicted": dict(self.predicted),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TestPredictions:
        """The inverse of `to_json`; further keys are passed over.

        Raises:
            ValueError: lists that don't fit each other, or a number that is no answer's.
        """
        try:
            made = cls(
                metric=str(data["metric"]),
                answers=tuple(map(str, data["answers"])),
                rows=tuple(map(str, data["rows"])),
                gold=tuple(map(int, data["gold"])),
                predicted={str(k): tuple(map(int, v)) for k, v in data["predicted"].items()},
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no predictions: {error!r}") from None
        for name, column in {"gold": made.gold, **made.predicted}.items():
            if len(column) != len(made.rows):
                raise ValueError(f"{name}: {len(column)} answers for {len(made.rows)} rows")
            if column and not 0 <= min(column) <= max(column) < len(made.answers):
                raise ValueError(f"{name}: an answer that is not in the list")
        return made

    def write(self, file: Path) -> None:
        """Write the file."""
        write_atomic(file, f"{dumps(self.to_json())}\n", durable=False)

    @classmethod
    def read(cls, file: Path) -> TestPredictions | None:
        """The file's content; None where there is none, or only part of one."""
        try:
            return cls.from_json(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None
