"""What the last student says of each test row, for people to look at: right or wrong, and the text.

The answers stand in test_predictions.json; it holds no text (`evokd.runs.test_texts` has them).
Nothing of this may steer a run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from evokd.runs.cache import FileCache
from evokd.runs.classes import classes_of, paired_of
from evokd.runs.files import Unreadable, own
from evokd.runs.paired import FILE
from evokd.runs.run import Run
from evokd.runs.test_texts import data_file, texts_of
from evokd.tasks.confusion import Pair
from evokd.tasks.predictions import FINAL, TestPredictions

_KEPT = FileCache(8)


@dataclass(frozen=True, slots=True)
class AnsweredRow:
    """A test row."""

    row: str
    label: str
    predicted: str
    pairs: tuple[Pair, ...]
    """The classes of both, see `TaskFormat.paired`."""
    text: str = ""
    """Empty where it can't be read."""

    @property
    def right(self) -> bool:
        return self.label == self.predicted


@dataclass
class TestAnswers:
    """Of the last student."""

    __test__ = False  # no test, whatever pytest makes of the name

    rows: list[AnsweredRow] = field(default_factory=list)
    """In the order of the file."""
    remark: str = ""
    """Why texts are missing, in words."""

    @property
    def wrong(self) -> list[AnsweredRow]:
        return [row for row in self.rows if not row.right]


def read_answers(run: Run) -> TestAnswers | None:
    """The answers with their texts; None where the run kept none."""
    try:
        file = own(run.path, FILE)
    except Unreadable:
        return None
    data = data_file(run)
    files = [file, run.path / "run.json", run.path / "config.yaml", *([data] if data else [])]
    return _KEPT.get(run.path, files, lambda: _read(run, file))


def _read(run: Run, file: Path) -> TestAnswers | None:
    found = TestPredictions.read(file)
    if found is None or FINAL not in found.predicted:
        return None
    paired = paired_of(run)
    texts, remark = texts_of(run, dict(zip(found.rows, _words(found), strict=True)))
    said = zip(found.rows, _words(found), found.words(FINAL), strict=True)
    return TestAnswers(
        [
            AnsweredRow(row, label, answer, tuple(paired(label, answer)), texts.get(row, ""))
            for row, label, answer in said
        ],
        remark,
    )


def _words(found: TestPredictions) -> list[str]:
    return [found.answers[place] for place in found.gold]


def classes_in(run: Run, answers: TestAnswers) -> list[str]:
    """The classes that occur among the answers, in the task's order."""
    known, _ = classes_of(run)
    met = {name for row in answers.rows for pair in row.pairs for name in pair if name is not None}
    return [*(name for name in known if name in met), *sorted(met - set(known))]
