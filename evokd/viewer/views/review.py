"""/review: the rows that a run asks a person about, one at a time, a button for each verdict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.responses import Response

from evokd.runs.files import Unreadable
from evokd.runs.review import Review, read_review
from evokd.store.verdicts import ACTIONS
from evokd.viewer.query import Query, address
from evokd.viewer.site import NotThere, Site, answer
from evokd.viewer.table import Column, Table

ROWS = (
    Column("row", "row", sorts=False),
    Column("label", "label", sorts=False),
    Column("verdict", "verdict", sorts=False),
    Column("text", "text", sorts=False),
)
DIGITS = 9
"""Labels that have a key of their own; of more labels the others stand in a list."""


def view(site: Site, query: Query, mark: str | None) -> Response:
    """The page.

    Args:
        site: What is served.
        query: The run, and the row to show; else the first open one.
        mark: Goes with the forms; None: the visitor may only look.

    Raises:
        NotThere: no such run, or one that waits for nobody.
        ConfigError: a file of the review was edited wrongly.
    """
    run = site.run(query.get("run"))
    if run.status != "waiting":
        raise NotThere(f"“{run.name}” waits for no verdict; its status is {run.status}.")
    review = _review(run.path)
    names = [str(row["row"]) for row in review.rows]
    shown = query.one_of("row", names, next(iter(review.open), names[-1]))
    at = names.index(shown)
    row = review.rows[at]
    labels = [(name, review.words(name)) for name in review.choices(row)]
    return answer(
        "review.html.j2",
        {
            "query": query,
            "run": run,
            "review": review,
            "table": Table(
                "All rows of this review",
                ROWS,
                review.rows,
                len(review.rows),
                value=lambda row, key: _value(review, row, key),
            ),
            "row": row,
            "at": at,
            "before": names[at - 1] if at else None,
            "after": names[at + 1] if at + 1 < len(names) else None,
            "decision": review.decisions.get(shown),
            "keyed": labels[:DIGITS],
            "others": labels[DIGITS:],
            "mark": mark,
        },
    )


def _value(review: Review, row: Mapping[str, Any], key: str) -> Any:
    if key != "verdict":
        return row.get(key)
    decision = review.decisions.get(row["row"])
    return decision and {"action": decision.action, "label": decision.label}


def take(site: Site, form: Mapping[str, str]) -> str:
    """Write a verdict down; gives the address of the next row.

    Raises:
        NotThere: no such run, or one that waits for nobody.
        ConfigError: what the form says is no verdict on a row of this run.
    """
    run = site.run(form.get("run", ""))
    review = _review(run.path)
    row, action = form.get("row", ""), form.get("action", "")
    label = form.get("label") or None
    known = next((one for one in ACTIONS if one == action), None)
    if known is None or (known == "relabel") != (label is not None):
        raise NotThere("The form says no verdict.")
    review.decide(row, known, label)
    onwards = row if known == "open" else _next_open(_review(run.path), row)
    return address("/review", [("run", run.name), *([("row", onwards)] if onwards else [])])


def _next_open(review: Review, row: str) -> str | None:
    """The next row without a verdict, from a row on, else from the beginning."""
    names = [str(one["row"]) for one in review.rows]
    at = names.index(row)
    turned = [*names[at + 1 :], *names[:at]]
    return next((name for name in turned if name in review.open), None)


def _review(path: Path) -> Review:
    try:
        return read_review(path)
    except Unreadable as problem:
        raise NotThere(str(problem)) from None
