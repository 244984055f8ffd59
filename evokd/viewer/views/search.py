"""/search: one search through the calls of every run, or of a study's runs; which of them fit."""

from __future__ import annotations

import time
from dataclasses import dataclass

from starlette.responses import Response

from evokd.viewer.call_list import list_of
from evokd.viewer.query import Query, address
from evokd.viewer.site import NotThere, Site, answer
from evokd.viewer.table import Column, sorted_page

COLUMNS = (
    Column("name", "run"),
    Column("task", "task"),
    Column("method", "method"),
    Column("calls", "calls that fit", number=True),
)
MOST_S = 1.0
"""So long a page looks through runs; those that are left are named."""

MOST_NOTES = 20


@dataclass(frozen=True, slots=True)
class SearchedRun:
    """A run in which calls fit."""

    name: str
    shown: str
    """What it is called on a page."""
    task: str
    method: str
    calls: int
    partly: bool
    """Whether its index is still being made."""
    address: str
    """Of its calls that fit."""


def view(site: Site, query: Query) -> Response:
    """The page.

    Raises:
        NotThere: no such study.
    """
    study, typed = query.get("study"), query.get("q")
    folder = site.run_index.study(study) if study else site.run_index.root
    if folder is None:
        raise NotThere(f"There is no study “{study}” in the folder that is served.")
    every = site.run_index.look().runs
    runs = {name: path for name, path in every.items() if path.is_relative_to(folder)}
    found: list[SearchedRun] = []
    notes: list[str] = []
    remarks: dict[str, None] = {}
    looked, until = 0, time.monotonic() + MOST_S
    for name, path in runs.items() if typed else ():
        if time.monotonic() >= until:
            break
        run = site.head(name, path)
        listed = list_of(site, run, Query("/calls", (("q", typed),)), patience_s=0.0)
        looked += 1
        remarks |= dict.fromkeys(listed.asked.remarks)
        notes += [f"{name}: {note}" for note in listed.notes]
        calls = len(listed.numbers)
        if calls or listed.is_behind:
            where = address("/calls", [("run", name), ("q", typed)])
            found.append(
                SearchedRun(name, run.shown, run.task, run.method, calls, listed.is_behind, where)
            )
    return answer(
        "search.html.j2",
        {
            "query": query,
            "study": study,
            "table": sorted_page(
                "Runs with calls that fit", COLUMNS, found, query, default="-calls", value=getattr
            ),
            "calls": sum(one.calls for one in found),
            "behind": sum(one.partly for one in found),
            "looked": looked,
            "all": len(runs),
            "remarks": list(remarks),
            "notes": notes if len(notes) <= MOST_NOTES else [*notes[:MOST_NOTES], "…"],
        },
    )
