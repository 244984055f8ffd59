"""The end of a study for `--quiet` and `--json`: where its results lie, which cells ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import typer

from evokd.cli.exits import DONE, INTERRUPTED
from evokd.cli.screen import dumps, harmless
from evokd.studies.report.report import PAGE
from evokd.studies.run.record import JsonRow
from evokd.studies.study import Study


def show_study_end(
    study: Study, rows: Sequence[JsonRow], code: int, form: Literal["quiet", "json"]
) -> None:
    """Print the line, or the document.

    Args:
        study: What was run.
        rows: Of its results.
        code: The exit code that it ends with.
        form: Which of them.
    """
    said = as_json(study, rows, code)
    if form == "json":
        typer.echo(dumps(said, indent=2))
        return
    cells = f"{said['done']} of {said['cells']} cells done, {said['failed']} failed"
    line = f"{said['directory']}  {said['status']}: {cells}  {said['page']}"
    typer.echo(harmless(line))  # never broken over lines


def as_json(study: Study, rows: Sequence[JsonRow], code: int) -> dict[str, Any]:
    """The document."""
    failed = sum(row["status"] == "failed" for row in rows)
    return {
        "directory": str(study.folder.path),
        "status": {DONE: "done", INTERRUPTED: "interrupted"}.get(code, "failed"),
        "cells": len(study.cells),
        "done": len(rows) - failed,
        "failed": failed,
        "billed_tokens": sum(row["billed_tokens"] or 0 for row in rows),
        "results": str(study.folder.results),
        "page": str(study.folder.path / PAGE),
    }
