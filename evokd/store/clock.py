"""Times as the files hold them."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """UTC, ISO-8601, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
