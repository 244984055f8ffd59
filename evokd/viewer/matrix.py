"""A confusion matrix as a table: a row a right class, a column a said one, shades by share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evokd.tasks.confusion import Confusion
from evokd.tasks.formats.multi import SEPARATOR

MOST_CLASSES = 14
"""Of one matrix; of more classes those with most errors are shown."""
MOST_PAIRS = 12
SHADES = 5
NONE = "(none)"
"""How a missing class is shown, and asked for in an address."""

Cellwise = Callable[[str | None, str | None], str | None]
"""The address of the rows behind a cell; None where there is none."""


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One count."""

    count: int
    share: float
    """Of its row, in [0, 1]."""
    right: bool
    address: str | None

    @property
    def shade(self) -> int:
        """0 for an empty cell, else 1 to `SHADES`."""
        return 0 if not self.count else min(SHADES, 1 + int(self.share * SHADES))


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A right class."""

    name: str
    cells: tuple[MatrixCell, ...]
    total: int
    """Counts of the whole row, those of columns that are not shown among them."""


@dataclass(frozen=True)
class Matrix:
    """One table."""

    name: str
    """Of the head, where there are several; else empty."""
    columns: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    classes: int
    """All that occur, shown or not."""

    @property
    def cut(self) -> bool:
        return self.classes > MOST_CLASSES


@dataclass(frozen=True, slots=True)
class LabelCount:
    """A label of a set, on its own."""

    name: str
    hits: int
    missed: int
    extra: int


def matrices(found: Confusion, link: Cellwise | None = None) -> list[Matrix]:
    """The matrix, or one for each head of several."""
    heads: dict[str, list[str | None]] = {}
    for name in found.classes:
        if any(name in pair for pair in found.counts):
            heads.setdefault(_head(found, name), []).append(name)
    return [_matrix(found, head, names, link) for head, names in heads.items()]


def label_counts(found: Confusion) -> list[LabelCount]:
    """Label by label, for sets of labels: their pairs are of a label with itself or with none."""
    at = found.counts.get
    return [
        LabelCount(name, at((name, name), 0), at((name, None), 0), at((None, name), 0))
        for name in found.classes
    ]


def worst_pairs(found: Confusion) -> list[tuple[str | None, str | None, int]]:
    """The most frequent errors: right class, said one, how often."""
    wrong = Counter({pair: n for pair, n in found.counts.items() if pair[0] != pair[1]})
    return [(right, said, n) for (right, said), n in wrong.most_common(MOST_PAIRS)]


def shown(name: str | None) -> str:
    """A class, or that there is none."""
    return NONE if name is None else name


def _head(found: Confusion, name: str) -> str:
    """`topic` of `topic: sport`, where every class has a head."""
    several = all(SEPARATOR in one for one in found.classes) and not any(
        None in pair for pair in found.counts
    )
    return name.partition(SEPARATOR)[0] if several else ""


def _matrix(
    found: Confusion, head: str, names: Sequence[str | None], link: Cellwise | None
) -> Matrix:
    here = {pair: n for pair, n in found.counts.items() if {*pair} & {*names}}
    columns, rows = _most_confused(here, names), _most_confused(here, names)
    if any(said is None for _, said in here):
        columns = [*columns, None]
    if any(right is None for right, _ in here):
        rows = [*rows, None]
    totals = Counter[str | None]()
    for (right, _), n in here.items():
        totals[right] += n
    return Matrix(
        head,
        tuple(_short(name, head) for name in columns),
        tuple(
            MatrixRow(
                _short(right, head),
                tuple(_cell(here, right, said, totals[right], link) for said in columns),
                totals[right],
            )
            for right in rows
        ),
        len(names),
    )


def _most_confused(
    counts: dict[tuple[str | None, str | None], int], names: Sequence[str | None]
) -> list[str | None]:
    if len(names) <= MOST_CLASSES:
        return list(names)
    wrong = Counter[str | None]()
    for (right, said), n in counts.items():
        if right != said:
            wrong[right] += n
            wrong[said] += n
    kept = {*sorted(names, key=lambda name: -wrong[name])[:MOST_CLASSES]}
    return [name for name in names if name in kept]


def _cell(
    counts: dict[tuple[str | None, str | None], int],
    right: str | None,
    said: str | None,
    total: int,
    link: Cellwise | None,
) -> MatrixCell:
    n = counts.get((right, said), 0)
    where = link(right, said) if link and n and right != said else None
    return MatrixCell(n, n / total if total else 0.0, right == said, where)


def _short(name: str | None, head: str) -> str:
    return shown(name).removeprefix(f"{head}{SEPARATOR}") if head else shown(name)
