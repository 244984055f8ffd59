"""The watched transport for SDKs whose client is one of httpx, the elder of httpx2."""

from __future__ import annotations

from typing import Any

import httpx
import httpx2

from evokd.teacher.transport import WatchedTransport


class BridgedTransport(httpx.AsyncBaseTransport):
    """Hands requests over to the watched transport, and its answers back."""

    def __init__(self, watched: WatchedTransport) -> None:
        self._watched = watched

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """What goes wrong stands on the wire; here it is only told in httpx's words."""
        sent = httpx2.Request(
            request.method,
            str(request.url),
            headers=request.headers.raw,
            content=await request.aread(),
            extensions={"timeout": request.extensions.get("timeout", {})},
        )
        try:
            answer = await self._watched.handle_async_request(sent)
        except httpx2.TimeoutException as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        except httpx2.TransportError as error:
            raise httpx.ReadError(str(error), request=request) from error
        return httpx.Response(
            answer.status_code, headers=answer.headers.raw, content=answer.content
        )


def bridged(watched: WatchedTransport, timeout_s: float) -> dict[str, Any]:
    """Arguments of a client of httpx that goes our way and asks the environment for none."""
    return {
        "transport": BridgedTransport(watched),
        "timeout": timeout_s,
        "trust_env": False,
    }
