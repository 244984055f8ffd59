"""What the API raises.

`ConfigError`: nothing was spent, the message names the field. `RunFailed`: the run ended without
its student, the message is the reason. `Interrupted`: it was stopped in order. `Unreadable`: a file
of a run is missing or damaged. The last three leave a directory that `evokd.resume` takes up.
"""

from __future__ import annotations

from pathlib import Path

from evokd.config import ConfigError, RunError
from evokd.runs.files import Unreadable

__all__ = ["ConfigError", "Interrupted", "RunError", "RunFailed", "Unreadable"]


class RunFailed(RunError):
    """A run that ended without its student: the message says why, as run.json does."""

    def __init__(self, directory: Path, reason: str) -> None:
        super().__init__(reason)
        self.directory = directory
        """The run's: `evokd.load` reads it, `evokd.resume` goes on with it."""
        self.reason = reason
        self.add_note(f"Mend that first, then go on with: evokd.resume({str(directory)!r})")


class Interrupted(KeyboardInterrupt):
    """Ctrl-C or SIGTERM, after the step in progress has ended in order and all was saved."""

    def __init__(self, directory: Path, go_on: str) -> None:
        super().__init__(f"interrupted in order; go on with: {go_on}")
        self.directory = directory
        """Of the run or study."""
