"""/row: where a row came from, what was said of it, and what was done about it."""

from __future__ import annotations

import sqlite3

from pydantic import ValidationError
from starlette.responses import Response

from evokd.store.lineage import Lineage
from evokd.store.run_dir import RunDir
from evokd.store.stories import Back, Forward
from evokd.viewer.asked import Asked
from evokd.viewer.files import Unreadable, own
from evokd.viewer.run import Run
from evokd.viewer.site import NotThere, Site, answer

MOST = 60
"""Ancestors and answers on the page."""


def view(site: Site, asked: Asked) -> Response:
    """The page.

    Raises:
        NotThere: no such run or row.
    """
    run, row = site.run(asked.get("run")), asked.get("row")
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
            "asked": asked,
            "run": run,
            "row": back.row,
            "back": back,
            "forward": forward,
            "notes": run.notes,
            "stamp": site.stamp(run),
        },
    )


def _chain(run: Run, row: str) -> tuple[Back | None, Forward | None]:
    own(run.path, "events.sqlite")
    with Lineage(RunDir(run.path)) as lineage:
        return lineage.back(row, MOST), lineage.forward(row, MOST)
