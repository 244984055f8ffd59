"""Before and around every request: who may ask, what is signed, what is counted.

A bearer token stands between others and the student wherever others can come. On loopback a page
in this machine's browser is let in by nobody: it would name its own host (421), and a form can't
send JSON without being asked first (415, see `evokd.serving.body`).
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evokd.config import ConfigError
from evokd.serving.metrics import Metrics
from evokd.serving.refusal import Refusal
from evokd.web.guarding import HEADERS, is_secret

LOG = logging.getLogger("evokd.serving")
TOKEN = "EVOKD_SERVE_TOKEN"
"""Environment variable: the bearer token. An argument could be read off the list of processes."""
SHORTEST = 16
"""Characters of a token."""
OPEN = frozenset({"/healthz"})
"""Paths that ask for no token: they say no more than that the server is there."""
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def token_of(environment: Mapping[str, str] = os.environ) -> str | None:
    """The token that requests have to bring; None: none is set.

    Raises:
        ConfigError: one that can be guessed, or that no header can carry.
    """
    token = environment.get(TOKEN, "").strip()
    if not token:
        return None
    if len(token) < SHORTEST or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(
            f"{TOKEN}: expected at least {SHORTEST} visible ASCII characters without a space"
            " (`openssl rand -hex 32` gives a good one)"
        )
    return token


class Guard:
    """ASGI middleware, the outermost."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        paths: frozenset[str],
        hosts: frozenset[str] | None,
        token: str | None,
    ) -> None:
        """Args.

        app: What is guarded.
        metrics: Where requests are counted.
        paths: Those that are counted by name; a stranger's are counted together.
        hosts: Names that the server answers to; None: to any, where a token is asked for.
        token: What every request has to bring; None: nothing.
        """
        if hosts is None and token is None:
            raise ValueError("a server that answers to any name needs a token")
        self.app, self.metrics, self.paths = app, metrics, paths
        self.hosts, self.token = hosts, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # no web sockets here; the server was told so, too
        began, status = time.monotonic(), 500

        async def signed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", POLICY)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            refusal = self._refusal(scope)
            app = self.app if refusal is None else refusal.response()
            await app(scope, receive, signed)
        except Exception:
            LOG.exception("%s %s", scope["method"], scope["path"])
            failed = Refusal(500, "something went wrong here; the server's log says more")
            if status == 500:  # nothing was sent yet
                await failed.response()(scope, receive, signed)
        finally:
            path = scope["path"] if scope["path"] in self.paths else "other"
            self.metrics.requests.add(path=path, status=str(status))
            if path == "/predict":
                self.metrics.seconds.observe(time.monotonic() - began)

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers = Headers(scope=scope)
        named = headers.getlist("host")
        if len(named) != 1 or (self.hosts is not None and named[0].lower() not in self.hosts):
            wanted = ", ".join(sorted(self.hosts or ["one host name"]))
            return Refusal(421, f"this server answers to {wanted} only", close=True)
        if self.token is None or scope["path"] in OPEN:
            return None
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and is_secret(given.strip(), self.token):
            return None
        return Refusal(401, "expected the header Authorization: Bearer TOKEN", close=True)
