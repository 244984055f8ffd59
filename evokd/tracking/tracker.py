"""What a tracker is told, and in which words: the one interface of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Scalar = str | int | float | bool | None
End = Literal["done", "failed", "interrupted", "waiting"]
"""How a session ended. All but `done` must not look finished: they can be resumed."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where a run stands in a tracker."""

    project: str
    """The study's name; of a run alone its config's. Trackers keep runs by it."""
    name: str
    """Of the run, unique in the project."""
    group: str | None
    """The study; None: a run alone."""
    home: Path
    """Folder of what a tracker keeps on this machine: below the study's, else the run's."""
    id: str
    """The run's own, of run.json."""


class Tracker(Protocol):
    """One run in one tracker. Whatever it raises is kept from the run, and said at the end.

    All methods are called from one thread.
    """

    def started(self, page: Page, config: Mapping[str, Scalar], known: str | None) -> str:
        """Begin the run, or go on with it.

        Args:
            page: Where it stands.
            config: Dotted keys of the resolved config; it may hold other limits than before.
            known: What this gave in an earlier session; None: it is new.

        Returns:
            What the tracker calls the run.
        """
        ...

    def round(self, number: int, values: Mapping[str, float]) -> None:
        """A closed round, from 0; see `evokd.tracking.values` for the names."""
        ...

    def figure(self, path: Path) -> None:
        """A picture (PNG); one of the same name takes the place of an earlier one."""
        ...

    def ended(self, status: End, summary: Mapping[str, Scalar]) -> None:
        """The session is over, and everything is to be sent; `summary` has `reason`."""
        ...

    @property
    def look(self) -> str:
        """How a person gets to see it, once it has started: a command or an address."""
        ...
