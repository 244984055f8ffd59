"""/study: a study's cells, each with its run; and the files that the study itself left."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from evokd.runs.cells import title_of
from evokd.runs.files import Unreadable, noted_lines, own, text_of
from evokd.runs.run import number
from evokd.runs.run_line import RunLine
from evokd.runs.scores import metric_name
from evokd.viewer.guard import FRAMED
from evokd.viewer.query import Query, address
from evokd.viewer.site import NotThere, Site, answer
from evokd.viewer.table import Column, sorted_page

COLUMNS = (
    Column("title", "run"),
    Column("method", "method", wide=True),
    Column("task", "task", wide=True),
    Column("variant", "variant", wide=True),
    Column("shots", "shots", number=True, wide=True),
    Column("seed", "seed", number=True, wide=True),
    Column("budget", "budget", number=True, wide=True),
    Column("status", "status", slim=True),
    Column("metric", "metric", wide=True),
    Column("start", "before", number=True),
    Column("score", "after", number=True),
    Column("area", "area", number=True, wide=True),
    Column("accepted", "accepted", number=True, wide=True),
    Column("billed", "billed tokens", number=True, wide=True),
    Column("seconds", "time", number=True, wide=True),
)
MORE = (Column("cell", "cell"), Column("run", "folder of the run"))
TICK = Column("", "compare", sorts=False, wide=True)
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".md": "text/plain; charset=utf-8",
    ".tex": "text/plain; charset=utf-8",
    ".csv": "text/plain; charset=utf-8",
    ".jsonl": "text/plain; charset=utf-8",
    ".yaml": "text/plain; charset=utf-8",
}
LEFT = frozenset(
    {
        "study.html",
        "study.yaml",
        "tables.md",
        "tables.tex",
        "results.jsonl",
        "curves.csv",
        "classes.csv",
        "predictions.jsonl",
    }
)
"""Files of a study's folder that are served, beside its figures."""


def view(site: Site, query: Query) -> Response:
    """The page of cells.

    Raises:
        NotThere: no such study.
    """
    name = query.get("study")
    folder = site.run_index.study(name)
    if folder is None:
        raise NotThere(f"There is no study “{name}” in the folder that is served.")
    notes: list[str] = []
    cells = {row["cell"]: row for row in noted_lines(folder, "cells.jsonl", notes) if "cell" in row}
    results = {
        row["cell"]: row for row in noted_lines(folder, "results.jsonl", notes) if "cell" in row
    }
    runs = site.run_index.look().runs
    lines = []
    for cell, axes in {**results, **cells}.items():
        place = f"{name}/{axes.get('run', '')}"
        lines.append(_line(cell, axes, results.get(cell, {}), place if place in runs else None))
    method, words = query.get("method"), query.get("q").casefold()
    kept = [
        line
        for line in lines
        if method in ("", line["method"]) and words in " ".join(map(str, line.values())).casefold()
    ]
    try:
        settings = text_of(folder, "study.yaml")[:40_000]
    except Unreadable as problem:
        settings = ""
        notes.append(str(problem))
    columns = (TICK, *COLUMNS)
    table = sorted_page(
        "Cells of the study", columns, kept, query, default="", value=_value, more=MORE
    )
    return answer(
        "study.html.j2",
        {
            "query": query,
            "name": name,
            "table": table,
            "runs": _runs(site, table.rows),
            "all": len(lines),
            "ended": len(results),
            "methods": sorted({str(line["method"]) for line in lines}),
            "page": _address(name, "study.html") if (folder / "study.html").is_file() else None,
            "settings": settings,
            "notes": notes,
            "stamp": site.index_stamp(),
        },
    )


def _line(
    cell: Any, axes: dict[str, Any], result: dict[str, Any], run: str | None
) -> dict[str, Any]:
    words = {key: str(axes.get(key) or "") for key in ("method", "task", "variant")}
    numbers = {key: number(axes.get(key)) for key in ("shots", "seed", "budget")}
    return {
        "cell": str(cell),
        "title": title_of({**axes, "cell": cell}),
        "run": run,
        **words,
        **numbers,
        "status": str(result.get("status") or "not ended"),
        "metric": metric_name(str(result.get("metric") or "")),
        "start": number(result.get("start_score")),
        "score": number(result.get("score")),
        "area": number(result.get("area")),
        "accepted": number(result.get("accepted")),
        "billed": number(result.get("billed_tokens")),
        "seconds": number(result.get("wall_s")),
    }


def _runs(site: Site, lines: Sequence[dict[str, Any]]) -> dict[str, RunLine]:
    """The runs of the cells on a page: only theirs are looked into."""
    known = site.run_index.look().runs
    names = [line["run"] for line in lines if line["run"] in known]
    return {name: site.line(site.head(name, known[name])) for name in names}


def _value(line: dict[str, Any], key: str) -> Any:
    return line[key]


def _address(study: str, file: str) -> str:
    return f"/left/{quote(study)}/-/{file}"


def view_left(site: Site, place: str) -> Response:
    """A file that the study left: its page, tables, figures.

    Only names known beforehand are served, and figures by their ending; `place` is never joined
    to a folder before it was held against these.

    Raises:
        NotThere: any other name.
    """
    study, _, rest = place.rpartition("/-/")
    folder = site.run_index.study(study)
    path = PurePosixPath(rest)
    run = f"{study}/{rest.rstrip('/')}"
    if folder is not None and run in site.run_index.look().runs:
        return RedirectResponse(address("/run", [("run", run)]))
    figure = path.parent == PurePosixPath("figures") and path.suffix in (".svg", ".png")
    if folder is None or not (rest in LEFT or figure):
        raise NotThere("There is no such file.")
    try:
        data = own(folder, str(path)).read_bytes()
    except (Unreadable, OSError):
        raise NotThere("There is no such file.") from None
    return Response(
        data, media_type=KINDS[path.suffix], headers={"Content-Security-Policy": FRAMED}
    )
