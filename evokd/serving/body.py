"""The body of a request, read within the limits of size and time."""

from __future__ import annotations

import asyncio
from typing import NoReturn

from starlette.requests import ClientDisconnect, Request

from evokd.serving.limits import Limits
from evokd.serving.refusal import Refusal

DISCARDED = 16
"""Times `max_bytes` of a body that is too large are read and dropped before it is answered: who
still sends would see a reset connection, and not the answer."""


async def read_body(request: Request, limits: Limits) -> bytes:
    """The whole body.

    Raises:
        Refusal: 413 too large, 408 too slow, 415 no JSON by its header, 400 gone half-way.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        # also what keeps a page elsewhere from posting here: a browser asks first for this type
        raise Refusal(415, "expected the header Content-Type: application/json", close=True)
    declared = request.headers.get("content-length", "")
    if "expect" in request.headers and declared.isdecimal() and int(declared) > limits.max_bytes:
        _too_large(limits)  # who asks before sending need not send it
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.receive_s):
            async for part in request.stream():
                size += len(part)
                if size <= limits.max_bytes:
                    parts.append(part)
                elif size > DISCARDED * limits.max_bytes:
                    break
    except TimeoutError:
        if size <= limits.max_bytes:
            said = f"the body did not arrive within {limits.receive_s:g} s"
            raise Refusal(408, said, close=True) from None
    except ClientDisconnect:
        raise Refusal(400, "the body ended early", close=True) from None
    if size > limits.max_bytes:
        _too_large(limits)
    return b"".join(parts)


def _too_large(limits: Limits) -> NoReturn:
    raise Refusal(413, f"the body: at most {limits.max_bytes:,} bytes", close=True)
