"""/: all runs of the folder as a table, and its studies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from evokd.viewer.asked import Asked
from evokd.viewer.run import Run
from evokd.viewer.sheet import Column, sheet
from evokd.viewer.site import Site, answer

COLUMNS = (
    Column("name", "run"),
    Column("status", "status"),
    Column("task", "task"),
    Column("method", "method"),
    Column("before", "F1 before", number=True),
    Column("after", "F1 after", number=True),
    Column("tokens", "tokens", number=True),
    Column("usd", "USD", number=True),
    Column("seconds", "time", number=True),
    Column("created", "begun (UTC)"),
)
TICK = Column("pick", "compare", sorts=False)


@dataclass(frozen=True)
class Line:
    """A run as a line of the table."""

    name: str
    title: str
    status: str
    task: str
    method: str
    before: float | None
    after: float | None
    tokens: int | None
    usd: float | None
    """None where a price is unknown; then the table says so."""
    seconds: float | None
    created: str | None
    notes: int
    """Things that could not be read."""


def line_of(site: Site, run: Run) -> Line:
    """A run's line."""
    books = site.books(run)
    return Line(
        name=run.name,
        title=str(run.info.get("name") or run.config.get("name") or ""),
        status=run.status,
        task=run.task,
        method=run.method,
        before=run.score(0),
        after=run.score(-1),
        tokens=books.tokens("billed") if books else None,
        usd=books.usd if books else None,
        seconds=run.seconds,
        created=str(run.info["created_at"]) if run.info.get("created_at") else None,
        notes=len(run.notes) + (books is None),
    )


def view(site: Site, asked: Asked) -> Response:
    """The page."""
    found = site.shelf.look()
    lines = [line_of(site, site.head(name, path)) for name, path in found.runs.items()]
    status, method = asked.get("status"), asked.get("method")
    words = asked.get("q").casefold()
    kept = [
        line
        for line in lines
        if status in ("", line.status)
        and method in ("", line.method)
        and words in f"{line.name}\n{line.title}\n{line.task}\n{line.method}".casefold()
    ]
    shown = sheet(
        f"Runs in {site.shelf.root}",
        (TICK, *COLUMNS),
        kept,
        asked,
        default="-created",
        value=_value,
    )
    return answer(
        "runs.html.j2",
        {
            "asked": asked,
            "sheet": shown,
            "studies": sorted(found.studies),
            "statuses": sorted({line.status for line in lines}),
            "methods": sorted({line.method for line in lines}),
            "stamp": site.shelf_stamp(),
            "partly": found.partly,
            "root": site.shelf.root,
            "all": len(lines),
        },
    )


def _value(line: Line, key: str) -> Any:
    return getattr(line, key)
