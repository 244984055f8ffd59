"""Why a batch failed before any of it was done, and what that means for each of its lines."""

from __future__ import annotations

from evokd.teacher.batch.state import BatchComplaint, BatchState
from evokd.teacher.faults import SHOWN, Fault, NotDone, Refused
from evokd.teacher.reply import whole

FULL = "token_limit_exceeded"
"""Too many tokens wait in the server's queue."""


class QueueFull(NotDone):
    """The server takes no batch of this size now; a smaller one, later, it may."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


def of_a_failed(state: BatchState, number: int, later_s: float) -> Fault:
    """What came of a line.

    A complaint about this very line is its refusal; one about others lets it go again; one about
    the batch as a whole, but for a full queue, would come again.

    Args:
        state: The batch's.
        number: The line's, from 1.
        later_s: To wait until the queue may have room.
    """
    own = next((one for one in state.complaints if one.line == number), None)
    if own is not None:
        params = (own.param,) if own.param else ()
        return Refused(400, _said(own), params=params)
    full = next((one for one in state.complaints if one.code == FULL), None)
    if full is not None:
        return QueueFull(f"{state.id} failed: {_said(full)}", later_s)
    first = next(iter(state.complaints), None)
    if first is None:
        return NotDone(f"{state.id} failed, and the server does not say why", retry=False)
    return NotDone(f"{state.id} failed: {_said(first)}", retry=first.line is not None)


def _said(complaint: BatchComplaint) -> str:
    at = "" if complaint.line is None else f"line {complaint.line}: "
    said = complaint.message or complaint.code or "no word of why"
    return whole(f"{at}{said}")[:SHOWN]
