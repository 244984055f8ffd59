"""A line at the end of a file that several processes write to: whole, and on the disk."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from evokd.config import ConfigError


def append_line(file: Path, line: str) -> None:
    """Write a line to the end of a file, which need not be there; it is on the disk then.

    Args:
        file: Is never followed where it is a link.
        line: Without its end.

    Raises:
        ConfigError: the file is a link, or can't be written.
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        opened = os.open(file, flags, 0o644)
    except OSError as error:
        raise ConfigError(f"{file}: can't be written ({error.strerror})") from None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        size = os.fstat(opened).st_size
        ends = not size or os.pread(opened, 1, size - 1) == b"\n"
        data = f"{line}\n".encode()
        data = data if ends else b"\n" + data  # an editor, or a power cut, left the last one open
        while data:
            data = data[os.write(opened, data) :]
        os.fsync(opened)
    except OSError as error:
        raise ConfigError(f"{file}: can't be written ({error.strerror})") from None
    finally:
        os.close(opened)
