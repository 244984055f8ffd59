"""/review as an endpoint: shows rows to all who may look, takes verdicts from who has the token.

The guard has looked at host, origin and cookie before a POST comes here; the form brings a mark of
its own as well, which only a page that was made for the holder of the token has in it.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from evokd.config import ConfigError
from evokd.viewer.guard import cookie_name
from evokd.viewer.query import Query
from evokd.viewer.site import NotThere, Site, answer
from evokd.viewer.views import review
from evokd.web.guarding import is_secret

MOST = 100_000
"""Bytes of a form; a label of many entities is the longest that there is in one."""
LOG = logging.getLogger("evokd.viewer")


class ReviewDesk:
    """An ASGI application for one address."""

    def __init__(self, site: Site, port: int, secret: str | None) -> None:
        """Args.

        site: What is served.
        port: Names the cookie.
        secret: The token of who writes; None: nobody does.
        """
        self._site, self._cookie, self._secret = site, cookie_name(port), secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            made = await self._made(request)
        except (NotThere, ConfigError) as problem:
            status = 404 if isinstance(problem, NotThere) else 409
            values = {"title": "That can't be done", "text": str(problem)}
            made = answer("problem.html.j2", values, status)
        except Exception as error:  # as for every other page: an answer that is guarded
            LOG.exception("%s", request.url.path)
            text = f"The page could not be made ({type(error).__name__}). The terminal says more."
            made = answer("problem.html.j2", {"title": "Something went wrong", "text": text}, 500)
        # with `no-referrer` a browser hides the origin of its own form
        made.headers["Referrer-Policy"] = "same-origin"
        await made(scope, receive, send)

    async def _made(self, request: Request) -> Response:
        if request.method == "POST":
            return await self._take(request)
        query = Query.of(request.url.path, request.query_params.multi_items())
        mark = self._mark() if self._may_write(request) else None
        return await run_in_threadpool(review.view, self._site, query, mark)

    async def _take(self, request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST:
                raise ConfigError("The form is too long.")
        pairs = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if not self._may_write(request) or not is_secret(pairs.get("mark", ""), self._mark()):
            raise ConfigError("The page is not of this server's present start: open it again.")
        onwards = await run_in_threadpool(review.take, self._site, pairs)
        return RedirectResponse(onwards, 303)

    def _may_write(self, request: Request) -> bool:
        return self._secret is not None and is_secret(
            request.cookies.get(self._cookie, ""), self._secret
        )

    def _mark(self) -> str:
        assert self._secret is not None
        return hmac.new(self._secret.encode(), b"review", hashlib.sha256).hexdigest()
