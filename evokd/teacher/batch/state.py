"""What a server says of a batch, as far as it makes sense."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
KNOWN = ENDED | {"validating", "in_progress", "finalizing", "cancelling"}
_ID = re.compile(r"[\w.:/=+-]{1,200}", re.ASCII)
KEY = "evokd"
"""Name, among a batch's metadata, of the key that a lost one is found by."""


@dataclass(frozen=True, slots=True)
class BatchComplaint:
    """Why a batch failed before any of it was done."""

    code: str
    message: str
    param: str
    line: int | None
    """Of the input file, from 1; None: of the batch as a whole."""


@dataclass(frozen=True, slots=True)
class BatchState:
    """A batch as its server sees it."""

    id: str
    status: str
    """One of `KNOWN`, or `unknown`."""
    key: str
    """Ours, by which it is found; empty where it is nobody's of us."""
    output_file: str | None
    error_file: str | None
    done: int
    """Requests that were answered."""
    failed: int
    complaints: tuple[BatchComplaint, ...]

    @property
    def ended(self) -> bool:
        return self.status in ENDED


def state_of(body: Any) -> BatchState:
    """The state in an answer's body.

    Raises:
        ValueError: it is no batch.
    """
    name = id_in(body, "id")
    if name is None:
        raise ValueError("the answer is no batch: it has no id")
    status = str(body.get("status")).lower()
    metadata, counts = body.get("metadata"), body.get("request_counts")
    return BatchState(
        id=name,
        status=status if status in KNOWN else "unknown",
        key=_text(metadata, KEY),
        output_file=id_in(body, "output_file_id"),
        error_file=id_in(body, "error_file_id"),
        done=_number(counts, "completed") or 0,
        failed=_number(counts, "failed") or 0,
        complaints=_complaints(body.get("errors")),
    )


def id_in(body: Any, field: str) -> str | None:
    """An id that a server gave; None for what is none, or could do harm where it is shown."""
    found = _text(body, field)
    return found if _ID.fullmatch(found) else None


def _complaints(errors: Any) -> tuple[BatchComplaint, ...]:
    rows = errors.get("data") if isinstance(errors, dict) else None
    return tuple(
        BatchComplaint(
            code=_text(row, "code"),
            message=_text(row, "message"),
            param=_text(row, "param"),
            line=_number(row, "line"),
        )
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
    )


def _text(value: Any, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _number(value: Any, name: str) -> int | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
