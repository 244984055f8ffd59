"""`evokd list`: the runs and studies of a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import typer

from evokd.cli.screen import cell, dumps, remark, show, table
from evokd.config import ConfigError
from evokd.runs.formatting import count, moment, ratio, several
from evokd.runs.run_line import Listing, RunLine, StudyLine, list_folder

STYLES = {"done": "green", "running": "cyan", "failed": "red", "killed": "red"}
MINUTE = len("2026-11-22 10:00")


def show_listing(folder: Path, output: Literal["table", "json"]) -> None:
    """Print the listing.

    Raises:
        ConfigError: no such folder.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: is no folder; name one that holds runs: `evokd list DIR`")
    found = list_folder(folder)
    if output == "json":
        typer.echo(dumps({"folder": str(folder), **asdict(found)}, indent=2))
    else:
        _print(folder, found)
    if found.partly:
        remark(f"{folder}: is so large that only a part of it was looked through")


def _print(folder: Path, found: Listing) -> None:
    if found.runs:
        show(runs_table(found.runs))
    if found.runs and found.studies:
        show()
    if found.studies:
        show(studies_table(found.studies))
    if not found.runs and not found.studies:
        show(f"No run lies in {folder}; `evokd run CONFIG.yaml` makes one.")
    lines: list[RunLine | StudyLine] = [*found.runs, *found.studies]
    unread = [f"{line.name}: {note}" for line in lines for note in line.notes]
    if unread:
        show()
        show("What could not be read:")
    for note in unread:
        show(f"  {note}")


def runs_table(lines: Sequence[RunLine]) -> Any:
    """A line a run; the score by its name where tasks have different ones."""
    names = {line.metric for line in lines}
    score = f">{names.pop()}" if len(names) == 1 else ">score"
    made = table("run", "status", "method", "begun (UTC)", ">rounds", ">tokens", score)
    made.columns[1].no_wrap = made.columns[3].no_wrap = True
    for line in lines:
        beside = f"{line.metric} " if score == ">score" and line.after is not None else ""
        made.add_row(
            cell(line.name),
            cell(line.status, STYLES.get(line.status, "yellow")),
            cell(line.method),
            cell(moment(line.created)[:MINUTE]),
            count(line.rounds),
            count(line.tokens),
            cell(f"{beside}{ratio(line.after)}"),
        )
    return made


def studies_table(lines: Sequence[StudyLine]) -> Any:
    """A line a study."""
    made = table("study", ">cells", ">done", ">failed", "its runs")
    for line in lines:
        made.add_row(
            cell(line.name), *map(count, (line.cells, line.done, line.failed)), cell(_where(line))
        )
    return made


def _where(line: StudyLine) -> str:
    left = line.cells - line.done - line.failed
    return f"{several(left, 'cell')} to run" if left > 0 else "all ended"
