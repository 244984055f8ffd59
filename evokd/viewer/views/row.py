"""/row: where a row came from, what was said of it, and what was done about it."""

from __future__ import annotations

import sqlite3

from pydantic import ValidationError
from starlette.responses import Response

from evokd.runs.files import Unreadable, own
from evokd.runs.lineage import Lineage
from evokd.runs.picks import read_pick
from evokd.runs.row_history import Back, Forward
from evokd.runs.run import Run
from evokd.store.run_dir import RunDir
from evokd.viewer.query import Query
from evokd.viewer.site import NotThere, Site, answer

MOST = 60
"""Ancestors and answers on the page."""


def view(site: Site, query: Query) -> Response:
    """The page.

    Raises:
        NotThere: no such run or row.
    """
    run, row = site.run(query.get("run")), query.get("row")
    try:
        back, forward = _chain(run, row)
    except (Unreadable, sqlite3.Error, ValidationError, ValueError) as problem:
        what = "an event of another version" if isinstance(problem, ValueError) else str(problem)
        raise NotThere(f"The chain of “{row}” can't be followed: {what}") from None
    if back is None or forward is None:
        raise NotThere(f"There is no row “{row}” in “{run.name}”.")
    return answer(
        "row.html.j2",
        {
            "query": query,
            "run": run,
            "row": back.row,
            "back": back,
            "forward": forward,
            "picked": read_pick(run, back.row),
            "notes": run.notes,
            "stamp": site.stamp(run),
        },
    )


def _chain(run: Run, row: str) -> tuple[Back | None, Forward | None]:
    own(run.path, "events.sqlite")
    with Lineage(RunDir(run.path)) as lineage:
        return lineage.back(row, MOST), lineage.forward(row, MOST)
