"""/: all runs of the folder as a table, and its studies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from evokd.runs.run import Run
from evokd.runs.scores import metric_name
from evokd.viewer.query import Query
from evokd.viewer.site import Site, answer
from evokd.viewer.table import Column, sorted_page

COLUMNS = (
    Column("name", "run"),
    Column("status", "status"),
    Column("task", "task"),
    Column("method", "method"),
    Column("metric", "metric"),
    Column("before", "before", number=True),
    Column("after", "after", number=True),
    Column("tokens", "tokens", number=True),
    Column("usd", "USD", number=True),
    Column("seconds", "time", number=True),
    Column("created", "begun (UTC)"),
)
TICK = Column("pick", "compare", sorts=False)


@dataclass(frozen=True)
class RunLine:
    """A run as a line of the table."""

    name: str
    title: str
    status: str
    task: str
    method: str
    metric: str
    """The score that counts for its task; `before` and `after` are on the test rows."""
    before: float | None
    after: float | None
    tokens: int | None
    usd: float | None
    """None where a price is unknown; then the table says so."""
    seconds: float | None
    created: str | None
    notes: int
    """Things that could not be read."""


def line_of(site: Site, run: Run) -> RunLine:
    """A run's line."""
    books = site.books(run)
    return RunLine(
        name=run.name,
        title=str(run.info.get("name") or run.config.get("name") or ""),
        status=run.status,
        task=run.task,
        method=run.method,
        metric=metric_name(run.score_names[0]),
        before=run.score(0),
        after=run.score(-1),
        tokens=books.tokens("billed") if books else None,
        usd=books.usd if books else None,
        seconds=run.seconds,
        created=str(run.info["created_at"]) if run.info.get("created_at") else None,
        notes=len(run.notes) + (books is None),
    )


def view(site: Site, query: Query) -> Response:
    """The page."""
    found = site.run_index.look()
    lines = [line_of(site, site.head(name, path)) for name, path in found.runs.items()]
    status, method = query.get("status"), query.get("method")
    words = query.get("q").casefold()
    kept = [
        line
        for line in lines
        if status in ("", line.status)
        and method in ("", line.method)
        and words in f"{line.name}\n{line.title}\n{line.task}\n{line.method}".casefold()
    ]
    listing = sorted_page(
        f"Runs in {site.run_index.root}",
        (TICK, *COLUMNS),
        kept,
        query,
        default="-created",
        value=_value,
    )
    return answer(
        "runs.html.j2",
        {
            "query": query,
            "table": listing,
            "studies": sorted(found.studies),
            "statuses": sorted({line.status for line in lines}),
            "methods": sorted({line.method for line in lines}),
            "stamp": site.index_stamp(),
            "partly": found.partly,
            "root": site.run_index.root,
            "all": len(lines),
        },
    )


def _value(line: RunLine, key: str) -> Any:
    return getattr(line, key)
