"""/: all runs of the folder as a table, and its studies."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from evokd.runs.run_line import RunLine
from evokd.viewer.query import Query
from evokd.viewer.site import Site, answer
from evokd.viewer.table import Column, sorted_page

COLUMNS = (
    Column("name", "run"),
    Column("status", "status", slim=True),
    Column("task", "task", wide=True),
    Column("method", "method", wide=True),
    Column("metric", "metric", wide=True),
    Column("before", "before", number=True),
    Column("after", "after", number=True),
    Column("tokens", "tokens", number=True, wide=True),
    Column("usd", "USD", number=True, wide=True),
    Column("seconds", "time", number=True, wide=True),
    Column("created", "begun (UTC)", wide=True),
)
TICK = Column("", "compare", sorts=False, wide=True)


def view(site: Site, query: Query) -> Response:
    """The page."""
    found = site.run_index.look()
    lines = [site.line(site.head(name, path)) for name, path in found.runs.items()]
    status, method = query.get("status"), query.get("method")
    words = query.get("q").casefold()
    kept = [
        line
        for line in lines
        if status in ("", line.status)
        and method in ("", line.method)
        and words
        in f"{line.name}\n{line.title}\n{line.cell}\n{line.task}\n{line.method}".casefold()
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
