"""`evokd report`: a run, or a study, as one HTML file."""

from __future__ import annotations

from pathlib import Path

from evokd.cli.screen import remark, show
from evokd.config import ConfigError
from evokd.runs.files import reading
from evokd.store.artefacts import write_atomic
from evokd.store.run_dir import RunDir


def show_report(directory: Path, out: Path | None) -> None:
    """Write the file and say where it is.

    Raises:
        ConfigError: there is neither run nor study, or the file can't be written.
        Unreadable: a database of the run is damaged; the page is written, and says what is.
    """
    try:
        written = _study(directory, out) if is_study(directory) else _run(directory, out)
    except OSError as error:
        raise ConfigError(
            f"{error.filename or directory}: can't be written ({error.strerror})"
        ) from None
    show(str(written))
    if not is_study(directory):
        _refuse_damage(directory)


def report_of(directory: Path) -> None:
    """Leave report.html in a run's directory; what goes wrong ends no run that is done."""
    try:
        _run(directory, None)
    except Exception as error:
        remark(f"report.html could not be written: {error}; `evokd report` tries again")


def is_study(directory: Path) -> bool:
    """Whether a folder is a study's, begun or ended."""
    return any((directory / name).is_file() for name in ("study.yaml", "cells.jsonl"))


def _run(directory: Path, out: Path | None) -> Path:
    from evokd.viewer.report import NAME, write_report

    found = RunDir(directory)
    if not any(file.is_file() for file in (found.run_file, found.events, found.ledger)):
        raise ConfigError(f"{directory}: holds neither a run (run.json) nor a study (study.yaml)")
    file = out or directory / NAME
    write_report(directory, file)
    return file


def _refuse_damage(directory: Path) -> None:
    found = RunDir(directory)
    for database in (found.events, found.ledger):
        if database.is_file():
            with reading(directory, database.name) as db:
                db.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _study(directory: Path, out: Path | None) -> Path:
    from evokd.studies.report.report import PAGE, write_report

    write_report(directory)
    page = directory / PAGE
    if out is not None:
        write_atomic(out, page.read_text(encoding="utf-8"), durable=False)
    return out or page
