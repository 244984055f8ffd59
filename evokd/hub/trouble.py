"""What the hub's client raises: whether to try again, what was said, and what a person can do.

The client wraps errors of an upload in others, so each question goes down the chain of causes. Its
own texts name addresses that open an upload, and a server may echo the token: neither is printed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import httpx2

from evokd.hub.parcel import CARD, Parcel

ATTEMPTS = 4
RETRIED = frozenset({408, 409, 412, 429, 500, 502, 503, 504})
"""Statuses that may be others the next time; 409 and 412: somebody else commits just now."""
GO_ON = "the same command again goes on, and files that arrived are not sent twice"
_BUSY = "{page}: somebody else changes it just now ({words}); try again"
_FORBIDDEN = (
    "{hub} refuses: {words}; the token must be allowed to write to {name} (is the owner you, or an"
    " organisation of yours?)"
)
_MEANING: Mapping[int, str] = {
    401: "{hub} does not know the token: {words}; make a new one that may write",
    402: _FORBIDDEN,
    403: _FORBIDDEN,
    404: "{page}: not found ({words}); look at owner and name",
    409: _BUSY,
    412: _BUSY,
    429: "{hub} wants fewer requests: {words}; later, {go_on}",
}
"""Status → what it means and what to do."""


def passing(error: BaseException) -> bool:
    """Whether the same request may go well the next time."""
    if not isinstance(error, Exception):  # Ctrl-C, of which a cut line may be the context
        return False
    status = status_of(error)
    if status is not None:
        return status in RETRIED
    # a gateway that failed answers in HTML where the client reads JSON
    return any(isinstance(e, (httpx2.TransportError, json.JSONDecodeError)) for e in chain(error))


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from."""
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__ or one.__context__


def status_of(error: BaseException) -> int | None:
    """The HTTP status behind an error, where there is one."""
    for one in chain(error):
        status = getattr(getattr(one, "response", None), "status_code", None)
        if isinstance(status, int):
            return status
    return None


def said(error: BaseException) -> str:
    """What the hub or the system said, in one line."""
    for one in chain(error):
        status = getattr(getattr(one, "response", None), "status_code", None)
        if isinstance(status, int):
            words = " ".join(str(getattr(one, "server_message", None) or "").split())
            return f"HTTP {status}" + (f" ({words[:300]})" if words else "")
    innermost = list(chain(error))[-1]
    words = " ".join(str(innermost).split())
    return f"{type(innermost).__name__}: {words[:300].partition('?')[0]}"


def explained(error: BaseException, parcel: Parcel, endpoint: str) -> str:
    """What a push ended with, and what to do."""
    status, words = status_of(error), said(error)
    if status is None:
        return _without_status(error, words, endpoint)
    known = {
        "hub": endpoint, "page": parcel.repo.url(endpoint), "name": parcel.repo.name,
        "words": words, "go_on": GO_ON,
    }  # fmt: skip
    if status in _MEANING:
        return _MEANING[status].format(**known)
    if status >= 500:
        return f"{endpoint} failed {ATTEMPTS} times: {words}; {GO_ON}"
    card = f" the card ({CARD} in the student's folder)" if CARD in str(error) else ""
    return f"{endpoint} refuses{card}: {words}"


def _without_status(error: BaseException, words: str, endpoint: str) -> str:
    from huggingface_hub.errors import OfflineModeIsEnabled

    if isinstance(error, OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set, so the hub was not asked; unset it and try again"
    if any(isinstance(one, httpx2.TransportError) for one in chain(error)):
        return f"{endpoint} can't be reached ({words}); see HF_ENDPOINT and your network; {GO_ON}"
    if "xet" in words.casefold():
        return f"{words}; a hub without Xet storage: set HF_HUB_DISABLE_XET=1; {GO_ON}"
    return f"{endpoint}: {words}; {GO_ON}"


def hidden(text: str, token: str) -> str:
    """The text without the token."""
    return text.replace(token, "[token]")
