"""The guard before every page: own host names, reading only, and a browser that runs nothing.

Two things are written, a person's verdicts and notes: that takes the token everywhere, on this
machine too, and a form of our own page, which the browser vouches for by naming its origin.

A page elsewhere may point a name of its own at 127.0.0.1 (DNS rebinding) and would then be let in
by its visitor's browser; but the browser still says which name it asked for. Where others than this
machine can come, each request has to bring a token: in the address first, then as a cookie, which a
browser sends to nobody but the host that it had it from.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evokd.web.guarding import HEADERS as SHARED_HEADERS
from evokd.web.guarding import is_secret

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FRAMED = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; sandbox; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
"""For files that a study left: nothing in them runs, their own styles hold."""
WRITES = frozenset({"/notes", "/review"})
"""Paths that take a POST."""
TOKEN = "token"
"""Name in an address."""
HEADERS = {"Content-Security-Policy": POLICY, **SHARED_HEADERS}


WELCOME = """\
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>evokd</title>
<meta http-equiv="refresh" content="0;url={0}"></head><body><a href="{0}">Go on</a></body></html>
"""
"""Answers an address with the token. Not a redirect: a browser that came by a link elsewhere would
follow one without the new cookie, which is for requests of our own pages alone (`Strict`)."""


NO_TOKEN = "Open the address with the token that `evokd view` printed.\n"


class Guard:
    """ASGI middleware; refuses before a page is made, and signs every answer."""

    def __init__(
        self,
        app: ASGIApp,
        hosts: Iterable[str] | None,
        token: str | None = None,
        port: int = 0,
        pen: str | None = None,
    ) -> None:
        """Args.

        app: What is guarded.
        hosts: Names that the server answers to; None: to any, where a token is asked for.
        token: What every request has to bring; None: nothing.
        port: Names the cookie, for cookies know no ports.
        pen: The token of who writes, where reading asks for none; None and no token: nobody does.
        """
        assert hosts is not None or token is not None
        self.app, self.token, self.secret = app, token, token or pen
        self.hosts = None if hosts is None else frozenset(hosts)
        self.cookie = cookie_name(port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # no web sockets here; the server was told so, too

        async def signed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await (self._refusal(scope) or self._unknown(scope) or self.app)(scope, receive, signed)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        named = Headers(scope=scope).getlist("host")
        if len(named) != 1 or (self.hosts is not None and named[0].lower() not in self.hosts):
            wanted = ", ".join(sorted(self.hosts or ["one host name"]))
            return PlainTextResponse(f"This server answers to {wanted} only.\n", 421)
        if scope["method"] in ("GET", "HEAD"):
            return None
        if scope["method"] == "POST" and scope["path"] in WRITES and self.secret is not None:
            return self._forged(scope, named[0].lower())
        return PlainTextResponse("This server only reads.\n", 405, {"Allow": "GET, HEAD"})

    def _forged(self, scope: Scope, host: str) -> ASGIApp | None:
        """The answer to a form that is not our own page's, or whose sender has no token.

        Cookies of 127.0.0.1 go to every port of it, and pages on them are of the same site: the
        origin, which names the port, tells them apart.
        """
        headers = Headers(scope=scope)
        origins = headers.getlist("origin")
        ours = len(origins) == 1 and origins[0].lower() in (f"http://{host}", f"https://{host}")
        if not ours or headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return PlainTextResponse(
                "Verdicts and notes are taken from evokd's own pages only.\n", 403
            )
        if not self._is_right(HTTPConnection(scope).cookies.get(self.cookie, "")):
            return PlainTextResponse(NO_TOKEN, 403)
        return None

    def _unknown(self, scope: Scope) -> ASGIApp | None:
        """The answer to who has not brought the token as a cookie; None to who has."""
        if self.secret is None:
            return None
        given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if any(name == TOKEN and self._is_right(value) for name, value in given):
            rest = urlencode([pair for pair in given if pair[0] != TOKEN])
            # a path that begins with two slashes would name another host
            path = "/" + quote(scope["path"].lstrip("/"))
            answer = HTMLResponse(WELCOME.format(escape(f"{path}?{rest}" if rest else path)))
            answer.set_cookie(self.cookie, self.secret, httponly=True, samesite="strict")
            return answer
        if self.token is None:
            return None  # to look takes none
        if self._is_right(HTTPConnection(scope).cookies.get(self.cookie, "")):
            return None
        return PlainTextResponse(NO_TOKEN, 403)

    def _is_right(self, value: str) -> bool:
        assert self.secret is not None
        return is_secret(value, self.secret)


def cookie_name(port: int) -> str:
    """Of the cookie with the token."""
    return f"evokd_{port}"
