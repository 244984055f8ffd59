"""The guard before every page: own host names, reading only, and a browser that runs nothing.

A page elsewhere may point a name of its own at 127.0.0.1 (DNS rebinding) and would then be let in
by its visitor's browser; but the browser still says which name it asked for.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FRAMED = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; sandbox; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
"""For files that a study left: nothing in them runs, their own styles hold."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


def host_names(port: int) -> frozenset[str]:
    """What a browser on this machine may call the server."""
    names = ("127.0.0.1", "localhost", "[::1]")
    bare = names if port == 80 else ()
    return frozenset([*(f"{name}:{port}" for name in names), *bare])


class Guard:
    """ASGI middleware; refuses before a page is made, and signs every answer."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app, self.hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # no web sockets here; the server was told so, too

        async def signed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await (self._refusal(scope) or self.app)(scope, receive, signed)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        named = Headers(scope=scope).getlist("host")
        if len(named) != 1 or named[0].lower() not in self.hosts:
            wanted = ", ".join(sorted(self.hosts))
            return PlainTextResponse(f"This server answers to {wanted} only.\n", 421)
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("This server only reads.\n", 405, {"Allow": "GET, HEAD"})
        return None
