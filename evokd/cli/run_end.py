"""The end of a run for `--quiet` and `--json`: where it lies, how it ended, its scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import typer

from evokd.cli.screen import dumps, harmless
from evokd.runs.formatting import ratio
from evokd.runs.person import as_json as person_json
from evokd.runs.person import read_agreements
from evokd.runs.run import Run, mapping, read_run
from evokd.runs.scores import metric_name
from evokd.runs.totals import read_totals


def show_end(directory: Path, status: str, reason: str, form: Literal["quiet", "json"]) -> None:
    """Print the line, or the document."""
    run = read_run(directory, str(directory))
    if form == "json":
        typer.echo(dumps(as_json(run, status, reason), indent=2))
        return
    score = run.score(-1)
    scored = f"  test {metric_name(run.score_names[0])} {ratio(score)}" if score is not None else ""
    typer.echo(harmless(f"{directory}  {status}: {reason}{scored}"))  # never broken over lines


def as_json(run: Run, status: str, reason: str) -> dict[str, Any]:
    """The document. `before`: after the warm-up; `last`: the student that is saved."""
    books = read_totals(run, "edge")
    student = run.path / "student"
    judges = read_agreements(run)
    return {
        "directory": str(run.path),
        "status": status,
        "reason": reason,
        "method": run.method,
        "rounds": run.metrics[-1]["round"] if run.metrics else None,
        "metric": run.score_names[0],
        "scores": {
            when: {split: mapping(run.metrics[at].get(split)) or None for split in ("dev", "test")}
            for when, at in (("before", 0), ("last", -1))
            if run.metrics
        },
        "billed": books["billed"],
        "useful": books["useful"],
        "seconds": run.seconds,
        **({"person": person_json(judges)} if judges else {}),
        "student": str(student) if student.is_dir() else None,
    }
