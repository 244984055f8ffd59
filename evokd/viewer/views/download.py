"""/download/…: a table or a picture of the page at that address, as a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain, islice

from starlette.responses import Response, StreamingResponse

from evokd.viewer.files import FORMS, PLACE, Picture, csv_of, found, jsonl_of
from evokd.viewer.guard import FRAMED
from evokd.viewer.query import Query
from evokd.viewer.site import NotThere, Page, Site, View
from evokd.viewer.svg_file import standalone
from evokd.viewer.table import Table

OWN = frozenset({"table", "figure", "format"})
"""Names in the address that are not the page's."""
MOST_NAME = 100


def view(views: Mapping[str, View], site: Site, query: Query) -> Response:
    """The file.

    Args:
        views: Path → page.
        site: What is served.
        query: The page's own below `/download`, with `table` and `format`, or `figure`.

    Raises:
        NotThere: no such page, or it has no such table or picture.
    """
    path = query.path.removeprefix(PLACE)
    show = views.get(path)
    if show is None:
        raise NotThere("There is no such page, so there is no file of it.")
    asked = Query(path, tuple(pair for pair in query.values if pair[0] not in OWN))
    page = show(site, asked)
    figure = query.get("figure")
    what = figure or query.get("table")
    part = found(page.values, what) if isinstance(page, Page) else None
    name = file_name(asked, what)
    if figure and isinstance(part, Picture):
        headers = _headers(f"{name}.svg") | {"Content-Security-Policy": FRAMED}
        return Response(standalone(str(part)), media_type="image/svg+xml", headers=headers)
    if not figure and isinstance(part, Table):
        form = query.one_of("format", FORMS, "csv")
        body = csv_of(part) if form == "csv" else jsonl_of(part)
        begun = [*islice(body, 2)]  # what goes wrong does so here, where a page can still say it
        kind = f"{FORMS[form]}; charset=utf-8"
        headers = _headers(f"{name}.{form}")
        return StreamingResponse(chain(begun, body), media_type=kind, headers=headers)
    raise NotThere(f"The page {path} has no table or picture “{what}”.")


def file_name(asked: Query, what: str) -> str:
    """A name without an ending, of letters, figures, dots and dashes alone: `demo-run-edges`."""
    whose = "-".join(asked.all("run")) or asked.get("study") or "evokd"
    page = asked.path.strip("/") or "runs"
    parts = [whose, page, *(part for part in what.split(".") if part not in ("table", page))]
    words = [
        word for part in parts for word in re.findall(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*", part)
    ]
    return "-".join(words)[:MOST_NAME].rstrip(".-") or "evokd"


def _headers(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
