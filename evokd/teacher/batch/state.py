"""What a server says of a batch, as far as it makes sense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
KNOWN = ENDED | {"validating", "in_progress", "finalizing", "cancelling"}
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
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not body["id"]:
        raise ValueError("the answer is no batch: it has no id")
    status = str(body.get("status")).lower()
    metadata, counts = body.get("metadata"), body.get("request_counts")
    return BatchState(
        id=body["id"],
        status=status if status in KNOWN else "unknown",
        key=_text(metadata, KEY),
        output_file=_text(body, "output_file_id") or None,
        error_file=_text(body, "error_file_id") or None,
        done=_number(counts, "completed") or 0,
        failed=_number(counts, "failed") or 0,
        complaints=_complaints(body.get("errors")),
    )


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
