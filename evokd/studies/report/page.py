"""study.html: the whole study in one file that asks nothing of the network.

Figures are data URIs, there is no script, and the policy in the head forbids the browser both.
Everything that comes from a file is escaped.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import quote

import jinja2

from evokd.studies.report.comparisons import area_of, is_flat, score_of
from evokd.studies.report.figures import Picture
from evokd.studies.report.lines import line_of
from evokd.studies.report.markup import EMPTY, ReportTable, plain
from evokd.studies.report.results import StudyResults
from evokd.studies.report.rows import CellResult
from evokd.studies.report.tables import lead

TEMPLATE = Path(__file__).with_name("page.html.j2")


class RunListing(NamedTuple):
    """A line of the list of runs."""

    cell: str
    name: str
    task: str
    shots: str
    seed: str
    budget: str
    status: str
    score: str
    area: str
    billed: str
    filled: str
    wall: str
    link: str
    """Relative to the page; empty where there is no directory."""


class ShownFigure(NamedTuple):
    """A figure on the page."""

    title: str
    caption: str
    source: str
    files: tuple[str, ...]


def page(
    study: StudyResults, tables: Sequence[ReportTable], pictures: Sequence[Picture], folder: str
) -> str:
    """The page.

    Args:
        study: What was read.
        tables: Its tables.
        pictures: Its figures.
        folder: Where the page finds their files, relative to itself.
    """
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["plain"] = plain
    environment.filters["kept_together"] = kept_together
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        study_file=study.study_file,
        lead=lead(study),
        tables=tables,
        pictures=[_shown(picture, folder) for picture in pictures],
        runs=[_run(cell, study.folder) for cell in study.cells],
        versions=versions(study.cells),
    )


def kept_together(head: str) -> str:
    """A head whose signs stay with their words: `95 %`, `Δ area`, `± sd`."""
    return re.sub(r"(?<=[Δ±]) | (?=[%±])", "\N{NO-BREAK SPACE}", plain(head))


def link(run: str, folder: Path) -> str:
    """A run's directory as a relative address, quoted: a name can't become another scheme.

    `./` stands in front of everything, so that `javascript:` is a folder's name.
    """
    if not run:
        return ""
    path = os.path.relpath(run, folder.resolve()) if os.path.isabs(run) else run
    return "./" + "/".join(quote(part, safe="") for part in PurePosixPath(path).parts) + "/"


def versions(cells: Sequence[CellResult]) -> list[tuple[str, str]]:
    """Package → every version that a cell ran with."""
    found: dict[str, set[str]] = {}
    for cell in cells:
        for name, version in (cell.versions or {}).items():
            found.setdefault(plain(name), set()).add(plain(_flat(version)))
    return [(name, ", ".join(sorted(values))) for name, values in sorted(found.items())]


def _flat(version: Any) -> str:
    if isinstance(version, dict):
        return ", ".join(f"{name} {value}" for name, value in sorted(version.items()))
    return str(version)


def _shown(picture: Picture, folder: str) -> ShownFigure:
    encoded = base64.b64encode(picture.svg).decode("ascii")
    return ShownFigure(
        title=picture.title,
        caption=picture.caption,
        source=f"data:image/svg+xml;base64,{encoded}",
        files=tuple(f"{folder}/{picture.stem}.{kind}" for kind in ("svg", "png")),
    )


def _run(cell: CellResult, folder: Path) -> RunListing:
    score = score_of(cell)
    status = f"{cell.status}, flat" if is_flat(cell) else cell.status
    return RunListing(
        cell=cell.cell,
        name=line_of(cell).name,
        task=cell.task,
        shots=_count(cell.shots),
        seed=_count(cell.seed),
        budget=_count(cell.budget),
        status=status,
        score=EMPTY if score is None or cell.status != "done" else f"{score:.3f}",
        area=EMPTY if (mean := area_of(cell)) is None else f"{mean:.3f}",
        billed=_count(cell.billed_tokens),
        filled=EMPTY if cell.filled is None else f"{100 * cell.filled:.0f} %",
        wall=EMPTY if cell.wall_s is None else f"{cell.wall_s:,.0f} s",
        link=link(cell.run, folder),
    )


def _count(value: int | None) -> str:
    return EMPTY if value is None else f"{value:,}"
