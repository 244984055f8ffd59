"""A run, and a study, as a line of a listing: the same on a terminal and on the viewer's index."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evokd.runs.endings import reason_in_words, spent_of
from evokd.runs.failures import standing_of
from evokd.runs.files import Unreadable, noted_lines
from evokd.runs.run import Run, read_run
from evokd.runs.run_index import RunIndex
from evokd.runs.scores import metric_name
from evokd.runs.totals import LedgerTotals, read_edges


@dataclass(frozen=True)
class RunLine:
    """A run."""

    name: str
    """Path below the folder that is looked through."""
    title: str
    """`name` of its config."""
    status: str
    reason: str | None
    """Why it ended."""
    task: str
    method: str
    rounds: int | None
    """The last round that was closed; 0 is the warm-up."""
    metric: str
    """The score that counts for its task; `before` and `after` are on the test rows."""
    before: float | None
    after: float | None
    tokens: int | None
    """Billed; None where the books can't be read."""
    usd: float | None
    """None where a price is unknown; then the table says so."""
    seconds: float | None
    created: str | None
    """ISO 8601, UTC."""
    notes: tuple[str, ...]
    """What could not be read, in words."""
    calls: int | None = None
    """That ended."""
    unusable: int | None = None
    """Of these, what gave nothing usable."""
    failing: tuple[str, ...] = ()
    """Nodes whose calls failed more often than a few retries (`evokd.runs.failures`)."""
    why: str = ""
    """The reason in words."""
    cell: str = ""
    """Of a run of a study: its axes, in words."""


@dataclass(frozen=True)
class StudyLine:
    """A study."""

    name: str
    cells: int
    done: int
    failed: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """What lies in a folder."""

    runs: tuple[RunLine, ...]
    """The newest first; those without a date last. Runs of a study below are not among them."""
    studies: tuple[StudyLine, ...]
    partly: bool
    """Whether the folder is so large that only a part of it was looked through."""


def line_of(run: Run, books: LedgerTotals | Unreadable) -> RunLine:
    """A run's line.

    Args:
        run: Its head.
        books: Its edges, or why they can't be read.
    """
    known = None if isinstance(books, Unreadable) else books
    created, reason = run.info.get("created_at"), run.info.get("reason")
    standing = standing_of(known) if known else None
    return RunLine(
        name=run.name,
        title=str(run.info.get("name") or run.config.get("name") or ""),
        status=run.state,
        reason=str(reason) if reason else None,
        task=run.task,
        method=run.method,
        rounds=run.metrics[-1]["round"] if run.metrics else None,
        metric=metric_name(run.score_names[0]),
        before=run.score(0),
        after=run.score(-1),
        tokens=known.tokens("billed") if known else None,
        usd=known.usd if known else None,
        seconds=run.seconds,
        created=str(created) if created else None,
        notes=() if run.is_young else (*run.notes, *([str(books)] if known is None else [])),
        calls=standing.ended if standing else None,
        unusable=standing.unusable if standing else None,
        failing=standing.worst if standing else (),
        why=reason_in_words(run, spent_of(known)),
        cell=run.cell,
    )


def study_line(name: str, folder: Path) -> StudyLine:
    """A study's line, by the last row of each cell."""
    notes: list[str] = []
    cells = {row["cell"] for row in noted_lines(folder, "cells.jsonl", notes) if "cell" in row}
    ended = {row["cell"]: row.get("status") for row in _results(folder, notes) if "cell" in row}
    by = Counter(status for cell, status in ended.items() if cell in cells)
    return StudyLine(name, len(cells), by["done"], by["failed"], tuple(notes))


def list_folder(folder: Path) -> Listing:
    """The runs and studies of a folder; a damaged one has a line like all others."""
    found = RunIndex(folder).look()
    apart = [study for study in found.studies.values() if study != folder.resolve()]
    runs = {
        name: path
        for name, path in found.runs.items()
        if not any(path.is_relative_to(study) for study in apart)
    }
    lines = [line_of(*_read(path, name)) for name, path in runs.items()]
    lines.sort(key=lambda line: line.created or "", reverse=True)
    studies = tuple(study_line(name, path) for name, path in sorted(found.studies.items()))
    return Listing(tuple(lines), studies, found.partly)


def _read(path: Path, name: str) -> tuple[Run, LedgerTotals | Unreadable]:
    run = read_run(path, name)
    try:
        return run, read_edges(run)
    except Unreadable as problem:
        return run, problem


def _results(folder: Path, notes: list[str]) -> list[dict[str, Any]]:
    """None yet where the study has not ended a cell."""
    return (
        noted_lines(folder, "results.jsonl", notes) if (folder / "results.jsonl").exists() else []
    )
