"""What a run that waits wants to know of a person: its rows, and the verdicts given so far.

    review = read_review(Path("runs/demo"))
    review.decide("r001-h003", "reject")

The rows lie in `rounds/NNN/review.jsonl`, a copy of an artefact whose hash run.json names, so that
an edited line is found out; the verdicts stand beside it, in `verdicts.jsonl`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evokd.config import Config, ConfigError
from evokd.runs.files import Unreadable, own, text_of
from evokd.runs.formatting import several
from evokd.runs.run import mapping
from evokd.store.artefacts import Artefacts, Ref, write_atomic
from evokd.store.run_dir import RunDir
from evokd.store.verdicts import NAME, DecidedAction, Decision, append, read_decisions
from evokd.tasks.continual import known
from evokd.tasks.formats import TaskFormat, task_format_of

ROWS = "review.jsonl"
WAITING = "waiting"
"""Status of a run that a person must answer, and the key of run.json that says what was asked."""
_REF = re.compile(r"sha256:[0-9a-f]{64}")
NAMED = ("classification", "pair", "choice")
"""Kinds whose answer is one name, which a person can choose from a list."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: `rows` of a round."""

    round: int
    rows: Ref

    @classmethod
    def of(cls, found: Any) -> Asked | None:
        """Out of run.json or a checkpoint; None where nothing is asked there."""
        found = mapping(found)
        where, rows = found.get("round"), found.get("rows")
        if not isinstance(where, int) or not isinstance(rows, str) or not _REF.fullmatch(rows):
            return None
        return cls(where, rows)

    def to_json(self) -> dict[str, Any]:
        """For run.json."""
        return {"round": self.round, "rows": self.rows}


@dataclass(frozen=True)
class Review:
    """Rows of one round, and what a person has said of them."""

    directory: Path
    round: int
    rows: Sequence[Mapping[str, Any]]
    """As `graph/nodes/person.py` wrote them."""
    decisions: Mapping[str, Decision]
    """The last one of each row, none that was taken back."""
    labels: tuple[str, ...]
    """That a person can choose from; none where an answer is no single name."""
    task_format: TaskFormat

    @property
    def open(self) -> list[str]:
        """Ids of the rows without a verdict."""
        return [row["row"] for row in self.rows if row["row"] not in self.decisions]

    @property
    def file(self) -> Path:
        """Where the verdicts are written."""
        return folder_of(self.directory, self.round) / NAME

    def row(self, name: str) -> Mapping[str, Any] | None:
        """A row by its id."""
        return next((row for row in self.rows if row["row"] == name), None)

    def choices(self, row: Mapping[str, Any]) -> list[str]:
        """The labels that can be given to a row."""
        return [name for name in self.labels if not self.task_format.fault(row["text"], name)]

    def words(self, label: str) -> str:
        """A label as people read it."""
        try:
            return self.task_format.words(label)
        except (ValueError, TypeError, KeyError, AttributeError):
            return label

    def decide(self, row: str, action: DecidedAction, label: str | None = None) -> Decision:
        """Write a verdict down; it is on the disk when this returns.

        The row's own label given once more accepts it; what was written down is returned.

        Raises:
            ConfigError: no such row, or a label that it can't have.
        """
        found = self.row(row)
        if found is not None and label is not None and label == found["label"]:
            action, label = "accept", None
        decision = Decision(row, action, label)
        self._refuse(decision, f"{self.directory}: row {row}")
        own(self.directory, f"rounds/{self.round:03d}")
        append(self.file, decision)
        return decision

    def _refuse(self, decision: Decision, place: str) -> None:
        row = self.row(decision.row)
        if row is None:
            raise ConfigError(
                f"{place}: the run did not ask about row {decision.row!r}; the rows it asks about"
                f" stand in {self.file.with_name(ROWS)}"
            )
        if decision.label is None:
            return
        wrong = self.labels and decision.label not in self.choices(row)
        fault = None if wrong else _fault(self.task_format, row["text"], decision.label)
        if wrong or fault:
            which = f"expected one of {', '.join(self.choices(row))}" if wrong else fault
            raise ConfigError(f"{place}: {decision.label!r} is no label of this row; {which}")


def read_review(directory: Path) -> Review:
    """The review that a run waits for.

    Raises:
        ConfigError: no run, one that doesn't wait, or a file that was edited wrongly.
    """
    run = RunDir.open(directory)
    about = run.run()
    asked = Asked.of(about.get(WAITING))
    if about.get("status") != WAITING or asked is None:
        raise ConfigError(
            f"{directory}: this run waits for no verdict (its status is {about.get('status')});"
            " runs with `loop.human` do when they stop for a person"
        )
    return review_of(directory, run.config(), asked)


def refuse_open(directory: Path, skip_open: bool) -> None:
    """A run goes on when every row has its verdict, or its user says that the rest may stay open.

    Raises:
        ConfigError: how many rows are open; or as of `read_review`.
    """
    review = read_review(directory)
    if not review.open or skip_open:
        return
    raise ConfigError(
        f"{directory}: {len(review.open)} of {several(len(review.rows), 'row')} of round"
        f" {review.round} without a verdict: `evokd review {directory}`; with --skip-open they keep"
        " what the agents decided"
    )


def review_of(directory: Path, config: Config, asked: Asked) -> Review:
    """A review by what was asked; see `read_review` for its errors."""
    task_format = task_format_of(config.task)
    labels = known(config.task, asked.round) if config.task.introduce else task_format.labels
    review = Review(
        directory=directory,
        round=asked.round,
        rows=_rows(directory, asked),
        decisions={},
        labels=tuple(labels) if config.task.kind in NAMED else (),
        task_format=task_format,
    )
    last: dict[str, Decision] = {}
    for place, decision in read_decisions(review.file):
        review._refuse(decision, place)
        last[decision.row] = decision
    decided = {row: one for row, one in last.items() if one.action != "open"}
    return Review(**{**vars(review), "decisions": decided})


def folder_of(directory: Path, number: int) -> Path:
    """Where a round's files lie."""
    return directory / "rounds" / f"{number:03d}"


def _rows(directory: Path, asked: Asked) -> list[Mapping[str, Any]]:
    """The rows as they were asked; a copy that differs was edited, one that is gone comes back."""
    artefacts = Artefacts(directory / "artefacts")
    try:
        written = artefacts.text(asked.rows)
    except OSError as error:
        raise ConfigError(f"{directory}: the rows to be reviewed are gone ({error})") from None
    copy = folder_of(directory, asked.round) / ROWS
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(copy, written)
    try:
        found = text_of(directory, f"rounds/{asked.round:03d}/{ROWS}")
    except Unreadable as problem:
        raise ConfigError(f"{directory}: {problem}") from None
    before, now = written.splitlines(), found.splitlines()
    for number in range(1, max(len(before), len(now)) + 1):
        if before[number - 1 : number] != now[number - 1 : number]:
            what = "a row is missing" if number > len(now) else "is not what the run wrote there"
            raise ConfigError(
                f"{copy}, line {number}: {what}. Verdicts go into {NAME}, not here; delete"
                f" {copy}, and `evokd review` lays it out again"
            )
    return artefacts.get(asked.rows)


def _fault(task_format: TaskFormat, text: str, label: str) -> str | None:
    """What is wrong with a label that was typed by hand."""
    try:
        task_format.classes(label)
        return task_format.fault(text, label)
    except (ValueError, TypeError, KeyError, AttributeError):
        return "it can't be read as an answer of this task"
