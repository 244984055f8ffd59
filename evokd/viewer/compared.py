"""The runs that a page of comparison is about, and the addresses of the other such pages.

`run=` stands once for each of them, two to eight; pages of two take the pair that `pair=AC` names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from evokd.runs.comparison import CELL_PARTS, LETTERS, short_names
from evokd.runs.run import Run
from evokd.viewer.query import Query, address
from evokd.viewer.site import Site
from evokd.viewer.table import Column, Table

MOST = 8
"""Runs side by side: more curves than that can't be told apart."""
TABS = (
    ("runs", "/compare"),
    ("rounds", "/compare/rounds"),
    ("prompts", "/compare/templates"),
    ("test rows", "/compare/answers"),
)


@dataclass(frozen=True)
class Compared:
    """The runs of an address."""

    query: Query
    runs: tuple[Run, ...]
    left_out: int
    """Runs that were asked for beyond `MOST`."""

    @property
    def names(self) -> list[str]:
        """Names for people, with their letters: `A: pool_random`."""
        cells = [run.cell for run in self.runs]
        titles = [str(run.info.get("name") or run.name) for run in self.runs]
        if all(cells) and len(set(cells)) == len(cells):
            short = short_names(cells, CELL_PARTS, " ")
        elif len(set(titles)) == len(titles):
            short = short_names(titles)
        else:
            short = short_names([run.name for run in self.runs])
        return [f"{letter}: {name}" for letter, name in zip(LETTERS, short, strict=False)]

    @property
    def lettered(self) -> list[tuple[str, Run]]:
        """Each run with its letter."""
        return list(zip(LETTERS, self.runs, strict=False))

    @property
    def pairs(self) -> list[str]:
        """Every two of them, by their letters: `AB`, `AC` and so on."""
        return ["".join(two) for two in combinations(LETTERS[: len(self.runs)], 2)]

    @property
    def pair(self) -> str:
        """The two that a page of two is about; the first two by default."""
        return self.query.one_of("pair", self.pairs, "AB")

    @property
    def letters(self) -> tuple[str, str]:
        """The letters of these two."""
        return self.pair[0], self.pair[1]

    @property
    def two(self) -> tuple[Run, Run]:
        """These runs; there have to be two."""
        first, second = (LETTERS.index(letter) for letter in self.letters)
        return self.runs[first], self.runs[second]

    def to(self, path: str, **values: str) -> str:
        """An address of another page with the same runs and the same pair."""
        kept = [("run", run.name) for run in self.runs]
        pair = [("pair", self.pair)] if self.pair != "AB" else []
        return address(path, [*kept, *pair, *values.items()])

    def without(self, place: int) -> str:
        """This page without one of its runs."""
        kept = [("run", run.name) for at, run in enumerate(self.runs) if at != place]
        return address(self.query.path, kept)

    @property
    def tabs(self) -> list[tuple[str, str, bool]]:
        """Name and address of each page of comparison, and whether it is this one."""
        return [(name, self.to(path), path == self.query.path) for name, path in TABS]


@dataclass(frozen=True)
class SideLine:
    """A line of a table with a column for each of several runs, or rounds."""

    name: str
    kind: str
    """How its values are shown: `count`, `dollars`, `ratio`, `span`, `status` or `words`."""
    values: tuple[Any, ...]
    remarks: tuple[str, ...] = ()
    """What stands behind them, softly; none, or one for each value."""


def side_by_side(caption: str, heads: Sequence[str], lines: Sequence[SideLine]) -> Table:
    """Lines as a table, with a file by letters; `side_by_side` of the templates draws it."""
    letters = LETTERS[: len(heads)]
    columns = [Column(one, head, sorts=False) for one, head in zip(letters, heads, strict=True)]
    more = tuple(Column(f"{one}_remark", "") for one in letters)

    def value(line: SideLine, key: str) -> Any:
        if key == "name":
            return line.name
        place = LETTERS.index(key[0])
        told = line.remarks if key.endswith("_remark") else line.values
        return told[place] if told else None

    head = Column("name", "what", sorts=False)
    return Table(caption, (head, *columns), lines, len(lines), value=value, more=more)


def compared(site: Site, query: Query) -> Compared:
    """The runs that an address names.

    Raises:
        NotThere: one of them is no run.
    """
    named = query.all("run")
    runs = tuple(site.run(name) for name in named[:MOST])
    return Compared(query, runs, max(0, len(named) - MOST))
