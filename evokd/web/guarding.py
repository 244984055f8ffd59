"""What every answer is signed with, which names a server answers to, and whether a secret is right.

A page elsewhere may point a name of its own at 127.0.0.1 (DNS rebinding) and would then be let in
by its visitor's browser; but the browser still says which name it asked for.
"""

from __future__ import annotations

import secrets

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
"""Of every answer; a content security policy goes beside them."""


def host_names(port: int, host: str | None = None) -> frozenset[str]:
    """What a client may call the server: a name of this machine's own, or the host's."""
    names = ("127.0.0.1", "localhost", "[::1]", *([host] if host else []))
    bare = names if port == 80 else ()
    return frozenset([*(f"{name}:{port}" for name in names), *bare])


def is_secret(value: str, secret: str) -> bool:
    """Whether they are equal, in a time that tells nothing of how much of it is."""
    return secrets.compare_digest(value.encode(), secret.encode())
