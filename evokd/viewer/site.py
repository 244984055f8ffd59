"""What all views share: the runs that are served, their sums, and how a page is answered."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.responses import HTMLResponse, Response

from evokd.ledger.attempts import last_number
from evokd.runs.cache import FileCache, stamp
from evokd.runs.cells import titles_in
from evokd.runs.failures import Failures, read_failures
from evokd.runs.files import Unreadable, reading
from evokd.runs.hardness import Hardness, read_hardness
from evokd.runs.rounds import RoundSummary, read_rounds
from evokd.runs.run import Run, read_run
from evokd.runs.run_index import RunIndex
from evokd.runs.run_line import RunLine, line_of
from evokd.runs.search.builder import Builder
from evokd.runs.totals import LedgerTotals, read_edges
from evokd.runs.trace import last_seq
from evokd.runs.unclean import UncleanTexts, read_unclean
from evokd.runs.usable import RoleReplies, read_usable
from evokd.viewer.files import offered
from evokd.viewer.pages import render
from evokd.viewer.query import Query

View = Callable[["Site", Query], Response]


class NotThere(Exception):
    """The address names something that is not served; its text is for people."""


@dataclass
class Site:
    """One folder that is served."""

    run_index: RunIndex
    heads: FileCache = field(default_factory=lambda: FileCache(5000))
    sums: FileCache = field(default_factory=lambda: FileCache(2000))
    tallies: FileCache = field(default_factory=lambda: FileCache(64))
    lists: FileCache = field(default_factory=lambda: FileCache(8))
    """Calls that were found lately; 8 bytes each."""
    builder: Builder = field(default_factory=Builder)
    """Makes the indexes of long runs."""

    def run(self, name: str) -> Run:
        """A run by its name.

        Raises:
            NotThere: no such run.
        """
        path = self.run_index.run(name)
        if path is None:
            raise NotThere(f"There is no run “{name}” in the folder that is served.")
        return self.head(name, path)

    def head(self, name: str, path: Path) -> Run:
        """A run's small files, read again when they have changed."""
        files = [path / one for one in ("run.json", "config.yaml", "metrics.jsonl")]
        run = self.heads.get(path, files, lambda: read_run(path, name))
        run.cell = self.cell_of(path)
        return run

    def cell_of(self, path: Path) -> str:
        """The name of a study's cell by its run; empty for runs of no study."""
        for study in self.run_index.look().studies.values():
            if path.is_relative_to(study):
                found = titles_in(study).get(path.relative_to(study).as_posix())
                if found:
                    return found
        return ""

    def named(self, *without: str) -> list[tuple[str, str]]:
        """All runs to choose from: their names, and what they are called on a page."""
        runs = self.run_index.look().runs
        return [(name, self.shown(name)) for name in sorted(runs) if name not in without]

    def shown(self, name: str) -> str:
        """What a run is called on a page; its name where there is no such run."""
        path = self.run_index.look().runs.get(name)
        return (self.cell_of(path) if path else "") or name

    def books(self, run: Run) -> LedgerTotals | None:
        """A run's books; None where there are none that can be read."""
        found = self._books(run)
        return None if isinstance(found, Unreadable) else found

    def line(self, run: Run) -> RunLine:
        """A run's line in the table of all."""
        return line_of(run, self._books(run))

    def _books(self, run: Run) -> LedgerTotals | Unreadable:
        files = [run.path / "ledger.sqlite", run.path / "run.json"]

        def read() -> LedgerTotals | Unreadable:
            try:
                return read_edges(run)
            except Unreadable as problem:
                return problem

        return self.sums.get(run.path, files, read)

    def failures(self, run: Run) -> Failures | None:
        """What went wrong with a run's calls, by reason; None where the ledger can't be read."""

        def read() -> Failures | None:
            try:
                return read_failures(run)
            except Unreadable:
                return None

        return self.sums.get((run.path, "failures"), [run.path / "ledger.sqlite"], read)

    def replies(self, run: Run) -> list[RoleReplies]:
        """The usable replies by role; none where the ledger can't be read."""
        files = [run.path / "ledger.sqlite", run.path / "events.sqlite"]

        def read() -> list[RoleReplies]:
            try:
                return read_usable(run)
            except Unreadable:
                return []

        return self.sums.get((run.path, "replies"), files, read)

    def unclean(self, run: Run) -> list[UncleanTexts]:
        """Texts that were no clean rows, by writer."""
        files = [run.path / "events.sqlite"]
        return self.sums.get((run.path, "unclean"), files, lambda: read_unclean(run))

    def hardness(self, run: Run) -> Hardness | None:
        """How hard the hard rows were; a round's line of metrics comes after its other files."""
        files = [run.path / "metrics.jsonl"]
        return self.sums.get((run.path, "hardness"), files, lambda: read_hardness(run))

    def rounds(self, run: Run) -> tuple[list[RoundSummary], list[str]]:
        """A run's rounds with their rejections, and what could not be read."""
        files = [run.path / "events.sqlite", run.path / "metrics.jsonl"]
        return self.tallies.get(run.path, files, lambda: read_rounds(run))

    def stamp(self, run: Run) -> str:
        """Changes when a page of the run would; of one that goes on, with each call that leaves."""
        return f"{self._last(run, 'events.sqlite', last_seq)}-{run.state}" + (
            f"-{self._last(run, 'ledger.sqlite', last_number)}" if run.status == "running" else ""
        )

    def _last(self, run: Run, name: str, number: Callable[[sqlite3.Connection], int]) -> int:
        try:
            with reading(run.path, name) as db:
                return number(db)
        except Unreadable:
            return 0

    def index_stamp(self) -> str:
        """Changes when the table of runs would."""
        files = [
            path / name
            for path in self.run_index.look().runs.values()
            for name in ("run.json", "metrics.jsonl", "ledger.sqlite")
        ]
        return f"{zlib.crc32(repr(stamp(files)).encode()):08x}"


class Page(HTMLResponse):
    """A page, and what it was made of, from which its files are taken."""

    def __init__(self, template: str, values: Mapping[str, Any], status: int) -> None:
        super().__init__(render(template, values), status)
        self.values = values


def answer(template: str, values: Mapping[str, Any], status: int = 200) -> Response:
    """A page as a response; its tables and pictures have files where it has a `query`."""
    return Page(template, offered(values), status)
