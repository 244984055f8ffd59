"""A disk that is full, however it is reported."""

from __future__ import annotations

import errno
import sqlite3


def is_full(error: BaseException) -> bool:
    """Whether an error says that nothing more can be written for want of room or quota."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, sqlite3.OperationalError) and "full" in str(error)
