"""`evokd view` as a user starts it, in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VIEW = "from evokd.cli import main; main()"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder's viewer; gives its address."""
    with served_to_write(folder) as (address, _):
        yield address


@contextmanager
def served_to_write(folder: Path) -> Iterator[tuple[str, str]]:
    """A folder's viewer; gives its address, and the one with the token of who writes."""
    command = [sys.executable, "-c", VIEW, "view", str(folder), "--port", "0"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder.with_name(f"{folder.name}-cache"))}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            assert server.stdout is not None
            said = [server.stdout.readline() for _ in range(2)]
            found = [re.search(r"http://127\.0\.0\.1:\d+\S*", line) for line in said]
            assert found[0] is not None and found[1] is not None, said
            yield found[0][0].rstrip("/"), found[1][0]
        finally:
            server.terminate()
            server.wait(30)
