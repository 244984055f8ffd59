"""The application: addresses and their views, behind the guard.

    app = application(Path("runs"), port=7860)

Views read files and databases, so they run in threads; each answers one GET and keeps nothing but
sums of files that have not changed. `/review` and `/notes` alone take a POST as well, and write.
"""

from __future__ import annotations

import logging
import mimetypes
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from evokd.runs.run_index import RunIndex
from evokd.viewer.call_list import live_of
from evokd.viewer.guard import Guard
from evokd.viewer.pages import ASSETS
from evokd.viewer.pen import Desk, Pen, PennedView
from evokd.viewer.query import Query
from evokd.viewer.site import NotThere, Site, View, answer
from evokd.viewer.views import (
    call,
    calls,
    compare,
    compare_answers,
    compare_calls,
    compare_rounds,
    compare_templates,
    data,
    download,
    notes,
    review,
    round,
    row,
    run,
    runs,
    search,
    student,
    study,
    tokens,
)
from evokd.web.guarding import host_names

VIEWS: Mapping[str, View] = {
    "/": runs.view,
    "/run": run.view,
    "/round": round.view,
    "/calls": calls.view,
    "/text": call.view_text,
    "/compare": compare.view,
    "/compare/answers": compare_answers.view,
    "/compare/calls": compare_calls.view,
    "/compare/rounds": compare_rounds.view,
    "/compare/templates": compare_templates.view,
    "/data": data.view,
    "/student": student.view,
    "/study": study.view,
    "/search": search.view,
    "/tokens": tokens.view,
}
PENNED: Mapping[str, PennedView] = {
    "/row": row.view,
    "/call": call.view,
    "/notes": notes.view,
    "/review": review.view,
}
"""Pages with a form for who has the token."""
TAKEN = {"/notes": notes.take, "/review": review.take}
"""Who writes down what a form says, by the address that it is sent to."""
LOG = logging.getLogger("evokd.viewer")
FILES = ("style.css", "viewer.js", "lasso.js", "icon.svg")


def application(
    root: Path,
    port: int,
    *,
    host: str | None = None,
    token: str | None = None,
    pen: str | None = None,
) -> Starlette:
    """The viewer of a folder.

    Args:
        root: What is served; nothing outside of it is.
        port: Where the server listens: a part of its host names.
        host: A name that it answers to beside those of this machine; `*` for all, with a token.
        token: What every request has to bring; None: nothing.
        pen: What who writes verdicts and notes has to bring, where there is no `token`; None:
            nobody can.
    """
    site = Site(RunIndex(root))
    routes = [Route(path, _endpoint(site, view)) for path, view in VIEWS.items()]
    held = Pen(port, token or pen)
    routes += [
        *(_desk(site, held, path, view) for path, view in PENNED.items()),
        Route("/download{page:path}", _endpoint(site, partial(download.view, _looked_at()))),
        Route("/live", _live(site)),
        Route("/left/{place:path}", _left(site)),
        *(Route(f"/assets/{name}", _asset(name)) for name in FILES),
        Route("/favicon.ico", _asset("icon.svg")),  # for what is no page: a message whole
    ]
    hosts = None if host == "*" else host_names(port, host)
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, hosts=hosts, token=token, port=port, pen=pen)],
        exception_handlers={NotThere: _missing, HTTPException: _refused},
    )


def _desk(site: Site, pen: Pen, path: str, view: PennedView) -> Route:
    take = TAKEN.get(path)
    return Route(path, Desk(site, pen, view, take), methods=["GET", "POST"] if take else ["GET"])


def _looked_at() -> dict[str, View]:
    """All pages as those see them who have no token."""
    return {**VIEWS, **{path: _without_pen(view) for path, view in PENNED.items()}}


def _without_pen(view: PennedView) -> View:
    return lambda site, query: view(site, query, None)


def _endpoint(site: Site, view: View) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        query = Query.of(request.url.path, request.query_params.multi_items())
        try:
            return view(site, query)
        except NotThere:
            raise
        except Exception as error:  # here, for a handler of Starlette's would answer unguarded
            LOG.exception("%s", query.to())
            text = f"The page could not be made ({type(error).__name__}). The terminal says more."
            return answer("problem.html.j2", {"title": "Something went wrong", "text": text}, 500)

    return endpoint


def _live(site: Site) -> Callable[[Request], Response]:
    """What changes when a page would: asked every other second by a page that is open."""

    def endpoint(request: Request) -> Response:
        name = request.query_params.get("run")
        if name is None:
            return JSONResponse({"stamp": site.index_stamp(), "status": ""})
        query = Query.of(request.url.path, request.query_params.multi_items())
        stamp, status = live_of(site, site.run(name), query)
        return JSONResponse({"stamp": stamp, "status": status})

    return endpoint


def _left(site: Site) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        return study.view_left(site, request.path_params["place"])

    return endpoint


def _asset(name: str) -> Callable[[Request], Response]:
    data = (ASSETS / name).read_bytes()
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"

    def endpoint(_: Request) -> Response:
        return Response(data, media_type=kind, headers={"Cache-Control": "no-cache"})

    return endpoint


def _missing(_: Request, error: Exception) -> Response:
    return answer("problem.html.j2", {"title": "Not there", "text": str(error)}, 404)


def _refused(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    text = "There is no such page." if status == 404 else "That can't be asked for."
    return answer("problem.html.j2", {"title": "Not there", "text": text}, status)
