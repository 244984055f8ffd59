"""Two runs' students on the same test rows: who got which right.

A row is right where the student's whole answer is the right one: all entities, all labels of a set.
The answers stand in test_predictions.json of a run, or in predictions.jsonl of its study. This is
for reading alone: nothing that a run goes by may see it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from evokd.runs.files import Unreadable, json_of, text_of
from evokd.runs.run import Run, mapping
from evokd.tasks.intervals import Bounds, mcnemar, paired_difference
from evokd.tasks.predictions import FINAL, TestPredictions

FILE, STUDY_FILE = "test_predictions.json", "predictions.jsonl"
Who = Literal["both", "a", "b", "neither"]
WHO: tuple[Who, ...] = ("a", "b", "both", "neither")


@dataclass(frozen=True, slots=True)
class PairedRow:
    """A test row and two answers to it."""

    row: str
    label: str
    """The right answer."""
    a: str
    b: str

    @property
    def who(self) -> Who:
        """Who got it right."""
        right = self.a == self.label, self.b == self.label
        return {(True, True): "both", (True, False): "a", (False, True): "b"}.get(right, "neither")  # type: ignore[return-value]  # the four values


@dataclass(frozen=True)
class Tally:
    """How often who got it right."""

    both: int = 0
    a: int = 0
    b: int = 0
    neither: int = 0

    @classmethod
    def of(cls, rows: Sequence[PairedRow]) -> Tally:
        """Count rows."""
        who = [row.who for row in rows]
        return cls(*(who.count(one) for one in ("both", "a", "b", "neither")))

    @property
    def rows(self) -> int:
        return self.both + self.a + self.b + self.neither

    @property
    def right_a(self) -> int:
        return self.both + self.a

    @property
    def right_b(self) -> int:
        return self.both + self.b

    def count(self, who: Who) -> int:
        """Rows that these got right."""
        return {"both": self.both, "a": self.a, "b": self.b, "neither": self.neither}[who]


@dataclass(frozen=True)
class Paired:
    """Answers of two students to the rows that both were asked."""

    rows: tuple[PairedRow, ...]
    alone: tuple[int, int]
    """Rows that only one was asked, or whose right answer is another one there."""

    @cached_property
    def tally(self) -> Tally:
        """Over all rows."""
        return Tally.of(self.rows)

    @property
    def difference(self) -> float | None:
        """Accuracy of the first minus that of the second, in [-1, 1]; None for no rows."""
        tally = self.tally
        return (tally.a - tally.b) / tally.rows if tally.rows else None

    @property
    def bounds(self) -> Bounds | None:
        """95 % interval of the difference (Newcombe 1998, method 10, paired)."""
        tally = self.tally
        if not tally.rows:
            return None
        return paired_difference(tally.both, tally.a, tally.b, tally.neither)

    @cached_property
    def p(self) -> float:
        """McNemar's exact test, two-sided: are the two equally good?"""
        right = [(row.a == row.label, row.b == row.label) for row in self.rows]
        return mcnemar([a for a, _ in right], [b for _, b in right]).p

    def by_label(self) -> list[tuple[str, Tally]]:
        """The counts of each right answer, the largest first."""
        found: dict[str, list[PairedRow]] = {}
        for row in self.rows:
            found.setdefault(row.label, []).append(row)
        ordered = sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))
        return [(label, Tally.of(rows)) for label, rows in ordered]


def pair(a: TestPredictions, b: TestPredictions, student_a: str, student_b: str) -> Paired:
    """Put the answers of two students side by side, row by row.

    Args:
        a: Answers of one run's students.
        b: Those of another's.
        student_a: One of the first's.
        student_b: One of the second's.
    """
    others = {row: (b.answers[right], said) for row, right, said in _told(b, student_b)}
    rows = []
    for row, right, said in _told(a, student_a):
        label = a.answers[right]
        other = others.get(row)
        if other and other[0] == label:
            rows.append(PairedRow(row, label, said, other[1]))
    return Paired(tuple(rows), (len(a.rows) - len(rows), len(b.rows) - len(rows)))


def _told(found: TestPredictions, student: str) -> list[tuple[str, int, str]]:
    return list(zip(found.rows, found.gold, found.words(student), strict=True))


def shared_students(a: TestPredictions, b: TestPredictions) -> list[str]:
    """Students that both have, the runs' own last ones first."""
    return sorted(a.predicted.keys() & b.predicted.keys(), key=lambda name: (name != FINAL, name))


def other_rows(a: Run, b: Run) -> str | None:
    """Why the test rows of two runs can't be paired: their files differ; None where they may."""
    one, other = (mapping(run.info.get("data")).get("test") for run in (a, b))
    if one and other and one != other:
        return "The two runs were tested on files that differ, so their rows can’t be paired."
    return None


def read_predictions(run: Run, study: Path | None) -> TestPredictions:
    """What a run's students say of the test rows.

    Args:
        run: The run.
        study: Folder of the study that it is a cell of.

    Raises:
        Unreadable: nothing was kept, or what was is damaged.
    """
    try:
        return _checked(json_of(run.path, FILE), FILE)
    except Unreadable:
        if study is None or (run.path / FILE).exists():
            raise
    return _from_study(study, run.path.name)


def _from_study(study: Path, cell: str) -> TestPredictions:
    for line in text_of(study, STUDY_FILE).split("\n"):
        if cell not in line:  # a line of a large study is long: only the right one is taken apart
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and found.get("cell") == cell:
            return _checked(found, STUDY_FILE)
    raise Unreadable(f"{STUDY_FILE}: has no line for {cell}")


def _checked(found: dict[str, object], name: str) -> TestPredictions:
    try:
        return TestPredictions.from_json(found)
    except ValueError as problem:
        raise Unreadable(f"{name}: can't be read ({problem})") from None
