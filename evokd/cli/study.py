"""`evokd study`: the grid of runs, taken up again where an earlier start ended."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from evokd.api.tracked_study import listening_to, tell_trackers
from evokd.cli.exits import DONE, FAILED, INTERRUPTED, complain
from evokd.cli.screen import show
from evokd.cli.study_end import show_study_end
from evokd.cli.study_progress import StudyProgress
from evokd.cli.study_summary import show_study_summary
from evokd.cli.tracked import show_pages, warn
from evokd.cli.voice import Voice, hushed
from evokd.runs.formatting import count, several
from evokd.studies.grid.cells import Cell
from evokd.studies.report.report import write_report
from evokd.studies.run.folder import Changes, csv_rows
from evokd.studies.run.record import JsonRow
from evokd.studies.study import Study

NAMED = 12
"""Cells named of each kind when the study has changed."""


def run_study(
    file: Path,
    overrides: Sequence[str],
    out: Path | None,
    workers: int,
    ray: str | None,
    retry_failed: bool,
    voice: Voice = "usual",
) -> int:
    """Run what is left of a study; gives the exit code.

    Raises:
        ConfigError: before anything is started.
    """
    study = Study.load(file, overrides, out, keys=ray is None)
    with hushed(voice), study.folder.locked():
        changes = study.begin([shlex.join(["evokd", *sys.argv[1:]])])
        pending = study.pending(retry_failed)
        _announce(study, changes, len(pending))
        through = _work(study, pending, workers, ray, calls=voice == "verbose")
        rows = study.settle()
        write_report(study.folder.path)
        for warning in tell_trackers(study, rows, through) if pending else ():
            warn(warning)
    with hushed(voice):
        code = _conclude(study, rows, through)
    if voice in ("quiet", "json"):
        show_study_end(study, rows, code, voice)
    return code


def _work(
    study: Study, pending: Sequence[Cell], workers: int, ray: str | None, *, calls: bool
) -> bool:
    left = {cell.id for cell in pending}
    known = {cell.id for cell in study.cells}
    ended = [r for r in study.folder.rows() if r["cell"] in known and r["cell"] not in left]
    failed = sum(row["status"] == "failed" for row in ended)
    tokens = sum(row["billed_tokens"] or 0 for row in ended)
    if not pending:
        return True
    with StudyProgress(len(study.cells), len(ended), failed, tokens) as progress:
        listen = listening_to(study)
        return study.work(
            pending, workers=workers, ray=ray, hear=progress, listen=listen, calls=calls
        )


def _announce(study: Study, changes: Changes | None, pending: int) -> None:
    whole = len(study.cells)
    show(f"study {study.config.name} in {study.folder.path}: {several(whole, 'cell')}")
    if changes is not None:
        show("the study has changed since it was last run:")
        _named("finished, kept", changes.kept)
        _named("new", changes.new)
        _named("finished, no longer part of it (kept in runs/, left out of results)", changes.gone)
    if pending < whole:
        show(f"{several(whole - pending, 'cell')} ended earlier, {pending} to run")
    if study.unknown:
        show(
            f"{several(study.unknown, 'finished cell')} made by an unknown revision of method and"
            " prompts, and kept; another --out runs them anew"
        )


def _named(what: str, titles: Sequence[str]) -> None:
    show(f"  {what}: {len(titles)}")
    for title in titles[:NAMED]:
        show(f"    {title}")
    if len(titles) > NAMED:
        show(f"    and {len(titles) - NAMED} more")


def _conclude(study: Study, rows: Sequence[JsonRow], through: bool) -> int:
    failed = [row for row in rows if row["status"] == "failed"]
    tokens = sum(row["billed_tokens"] or 0 for row in rows)
    if rows:
        show_study_summary(study.folder.path)
        show()
    show(
        f"{len(rows) - len(failed)} of {several(len(study.cells), 'cell')} done, {len(failed)}"
        f" failed; {count(tokens)} tokens billed. Results: {study.folder.results}"
    )
    show_pages(study.folder.path)
    told = csv_rows(study.folder.curves)
    lost = [row for row in rows if row["status"] == "done" and row["cell"] not in told]
    if lost:
        complain(
            f"{several(len(lost), 'finished cell')} of results.jsonl without a run directory: their"
            " rounds are missing in curves.csv; take their rows out of it to run them again"
        )
    if not through:
        complain("interrupted in order; the same command goes on from here")
        return INTERRUPTED
    if failed:
        complain(f"{several(len(failed), 'cell')} failed; --retry-failed tries them again")
        return FAILED
    return DONE
