"""What can go wrong with a request, and what each fault means for the books.

| fault     | it left? | tokens booked               | sent again?                              |
|-----------|----------|-----------------------------|------------------------------------------|
| Unreached | no       | none (`unsent`)             | yes                                      |
| Refused   | yes      | none: an error came instead | 408, 429, 5xx yes; 400, 401, 403, 404 no |
| ParameterRefused | yes | none, as for `Refused`    | yes, without the parameter it names      |
| Lost      | yes      | an estimate: it may have worked | yes                                  |
| NotDone   | in a batch | none: it was not come to   | yes, unless the batch itself is no good  |
| Unsent    | no       | none (`unsent`)             | no: no batch can be made                 |
| Garbled   | yes      | as reported, or an estimate | yes; then it costs the row, not the run  |
| Unusable  | yes      | as reported (`rejected`)    | a repair turn, then the row is rejected  |

A batch may outlive the process that waits for it: `StillOut` and `StillOutDown` leave its rows
open, and a resume takes them up.

A role whose first calls all cost their rows is `RoleSilent`, and the run has failed.
"""

from __future__ import annotations

import asyncio

from evokd.ledger.call import CallEnd, Usage

RETRIED_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
LONGEST_WAIT_S = 900.0
"""A server that wants to be left alone for longer is down: the run ends, a resume goes on."""
GATEWAY_STATUS = frozenset({502, 504, 522, 524})
"""A gateway speaks for a server it lost sight of: that server may have worked."""
SHOWN = 300
"""Characters of a server's words that a message quotes."""


class Unusable(Exception):
    """The reply can't be used. The message is shown to the model in the repair turn."""

    reply: str | None = None
    """The text that was no use; None where there was none to answer to."""
    call: str | None = None
    """Id of the attempt that got it."""
    finish_reason: str = ""
    """How that reply ended: `length` where it was cut off."""


class Fault(Exception):
    """A request failed; `retry` says whether the same request may be sent again."""

    retry = True
    retry_after_s: float | None = None
    news: str | None = None
    """What it taught the client, told once before the request is sent again."""

    def call_end(self) -> CallEnd:
        """How the ledger row is closed."""
        return CallEnd("error", error=str(self))


class Unreached(Fault):
    """No connection: the request never left."""

    def call_end(self) -> CallEnd:
        return CallEnd("unsent", error=str(self))


class Lost(Fault):
    """The request left and no answer came (timeout, reset), or one without usage or sense."""

    def __init__(self, message: str, usage: Usage | None = None) -> None:
        super().__init__(message)
        self.usage = usage

    def call_end(self) -> CallEnd:
        return CallEnd("error", usage=self.usage, error=str(self))


class Garbled(Lost):
    """A 200 whose choices can't be read: a bad reply rather than a bad server."""


class Refused(Fault):
    """The server answered with an error, as a status or inside a 200."""

    def __init__(
        self,
        status: int,
        message: str,
        retry_after_s: float | None = None,
        usage: Usage | None = None,
        params: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"HTTP {status}: {message[:SHOWN]}")
        self.status, self.said, self.params = status, message, params
        """What the server said, in full, and the parameters that it points at."""
        self.retry = status in RETRIED_STATUS and (retry_after_s or 0) <= LONGEST_WAIT_S
        self.retry_after_s = retry_after_s
        self.overloaded = self.retry and (status == 429 or bool(retry_after_s))
        """The endpoint as a whole wants fewer requests, or a pause."""
        self.usage = usage

    def call_end(self) -> CallEnd:
        if self.usage is None and self.status in GATEWAY_STATUS:
            return CallEnd("error", error=str(self))
        return CallEnd("error", usage=self.usage or Usage(0, 0), error=str(self))


class ParameterRefused(Refused):
    """The server won't take a parameter; it gets the same request without it, at once."""

    def __init__(self, refused: Refused, news: str | None) -> None:
        """Args.

        refused: What the server answered.
        news: What to tell of it; None where it was told of before.
        """
        super().__init__(refused.status, refused.said, None, refused.usage, refused.params)
        self.retry, self.retry_after_s, self.overloaded = True, 0.0, False
        self.news = news


class NotDone(Fault):
    """A line of a batch that the server never came to: the batch failed, expired, was cancelled."""

    def __init__(self, message: str, *, retry: bool = True) -> None:
        super().__init__(message)
        self.retry = retry

    def call_end(self) -> CallEnd:
        return CallEnd("error", usage=Usage(0, 0), error=str(self))


class Unsent(Fault):
    """The batch that a request waits for can't be made: it never left, nor will it."""

    retry = False

    def call_end(self) -> CallEnd:
        return CallEnd("unsent", error=str(self))


class GivenUp(asyncio.CancelledError):
    """Cancelled while its request still waited for its batch: it never left."""

    def call_end(self) -> CallEnd | None:
        """How the ledger row is closed; None: it stays open, and a resume takes it up."""
        return CallEnd("unsent", error="given up before its batch was made")


class StillOut(asyncio.CancelledError):
    """Cancelled while its request is in a batch, which the server goes on with."""

    def call_end(self) -> CallEnd | None:
        """See `GivenUp`."""
        return None


class TeacherDown(Exception):
    """An endpoint can't be worked with (wrong key, unknown model, down for good).

    Ends the run as failed; everything is saved and `evokd resume` goes on from there.
    """


class StillOutDown(TeacherDown):
    """A batch can't be asked after any more; what is in it may yet be done."""

    def call_end(self) -> CallEnd | None:
        """See `GivenUp`."""
        return None


class RoleSilent(TeacherDown):
    """None of a role's first calls was usable, be it refused or unreadable."""
