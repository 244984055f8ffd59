"""A request that is not answered: why, in words and as a status."""

from __future__ import annotations

import math

from starlette.responses import JSONResponse


class Refusal(Exception):
    """Ends a request with a status; its text is for who sent it."""

    def __init__(
        self, status: int, message: str, *, retry_after_s: float | None = None, close: bool = False
    ) -> None:
        """Args.

        status: Of HTTP.
        message: What was wrong and what to do.
        retry_after_s: When to come again, where that helps.
        close: What is left of the request is not read, so the connection can't be used again.
        """
        super().__init__(message)
        self.status, self.retry_after_s, self.close = status, retry_after_s, close

    def response(self) -> JSONResponse:
        """`{"error": "…"}` with its headers."""
        headers = {}
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(max(1, math.ceil(self.retry_after_s)))
        if self.close:
            headers["Connection"] = "close"
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse({"error": str(self)}, self.status, headers)
