"""A study and its trackers: who hears its cells, and what is told of it as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evokd.studies.run.record import JsonRow
from evokd.studies.study import Study
from evokd.tracking.study import CellTrackers, listening, shortfalls, tell_study, trackers_of
from evokd.tracking.tracker import End


def listening_to(study: Study) -> CellTrackers | None:
    """What hears its cells; None where none of them has a tracker."""
    return listening(study.config.name, (cell.config for cell in study.cells))


def tell_trackers(study: Study, rows: Sequence[JsonRow], through: bool) -> Iterator[str]:
    """Tell how it stands, with the figures of its report; gives warnings.

    Args:
        study: Worked on, its report written.
        rows: Of its results.
        through: False where it was interrupted.
    """
    trackers = trackers_of(cell.config for cell in study.cells)
    if not trackers:
        return
    failed = sum(row["status"] == "failed" for row in rows)
    status: End = "interrupted" if not through else "failed" if failed else "done"
    cells = len(study.cells)
    summary = {
        "reason": f"{len(rows) - failed} of {cells} cells done, {failed} failed",
        "cells": cells,
        "done": len(rows) - failed,
        "failed": failed,
        "tokens": sum(row["billed_tokens"] or 0 for row in rows),
    }
    yield from shortfalls(study.folder.run(cell).path for cell in study.cells)
    yield from tell_study(study.config.name, study.folder.path, trackers, status, summary)
