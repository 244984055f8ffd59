"""Who may write: the holder of the token, by a form of a page that was made for them.

The guard has looked at host, origin and cookie before a POST is handed on; the form brings a mark
of its own as well, which only a page that was made for the holder of the token has in it.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from evokd.config import ConfigError
from evokd.viewer.guard import cookie_name
from evokd.viewer.query import Query
from evokd.viewer.site import NotThere, Site, answer
from evokd.web.guarding import is_secret

MOST = 100_000
"""Bytes of a form; a label of many entities is the longest that there is in one."""
PennedView = Callable[[Site, Query, str | None], Response]
"""A page with a form; the mark goes into it, None: the visitor may only look."""
Take = Callable[[Site, Mapping[str, str]], str]
"""Writes down what a form says; gives the address to go on to."""
LOG = logging.getLogger("evokd.viewer")


class Pen:
    """The token of who writes, and the mark that goes with their forms."""

    def __init__(self, port: int, secret: str | None) -> None:
        """Args.

        port: Names the cookie.
        secret: The token; None: nobody writes.
        """
        self._cookie, self._secret = cookie_name(port), secret

    def mark(self, request: Request) -> str | None:
        """Of the forms of a page; None for who has no token."""
        given = request.cookies.get(self._cookie, "")
        if self._secret is None or not is_secret(given, self._secret):
            return None
        return hmac.new(self._secret.encode(), b"form", hashlib.sha256).hexdigest()


class Desk:
    """An ASGI application for one address: a page with a form, and what the form says."""

    def __init__(self, site: Site, pen: Pen, view: PennedView, take: Take | None = None) -> None:
        """Args.

        site: What is served.
        pen: Who may write.
        view: The page.
        take: Writes down what a form says; None: the page's forms go to another address.
        """
        self._site, self._pen, self._view, self._take = site, pen, view, take

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            made = await self._made(request)
        except (NotThere, ConfigError) as problem:
            missing = isinstance(problem, NotThere)
            title = "Not there" if missing and request.method != "POST" else "That can't be done"
            made = answer(
                "problem.html.j2", {"title": title, "text": str(problem)}, 404 if missing else 409
            )
        except Exception as error:  # as for every other page: an answer that is guarded
            LOG.exception("%s", request.url.path)
            text = f"The page could not be made ({type(error).__name__}). The terminal says more."
            made = answer("problem.html.j2", {"title": "Something went wrong", "text": text}, 500)
        # with `no-referrer` a browser hides the origin of its own form
        made.headers["Referrer-Policy"] = "same-origin"
        await made(scope, receive, send)

    async def _made(self, request: Request) -> Response:
        if request.method == "POST":
            return await self._taken(request)
        query = Query.of(request.url.path, request.query_params.multi_items())
        return await run_in_threadpool(self._view, self._site, query, self._pen.mark(request))

    async def _taken(self, request: Request) -> Response:
        assert self._take is not None, "the route lets no POST through"
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST:
                raise ConfigError("The form is too long.")
        pairs = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        mark = self._pen.mark(request)
        if mark is None or not is_secret(pairs.get("mark", ""), mark):
            raise ConfigError("The page is not of this server's present start: open it again.")
        return RedirectResponse(await run_in_threadpool(self._take, self._site, pairs), 303)
