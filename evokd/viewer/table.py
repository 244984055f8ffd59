"""A table on a page, with the address of every order and every page of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evokd.viewer.query import Query

PER_PAGE = 100


@dataclass(frozen=True)
class Column:
    """A column's head; numbers stand to the right."""

    key: str
    head: str
    number: bool = False
    sorts: bool = True
    wide: bool = False
    """It is left out on a narrow screen; its cells have the class `wide-only`."""
    slim: bool = False
    """On a narrow screen it is as wide as a word or two."""

    @property
    def kind(self) -> str:
        """Classes of its head."""
        return " ".join(["number"] * self.number + ["wide-only"] * self.wide + ["slim"] * self.slim)


def cell_of(row: Any, key: str) -> Any:
    """What stands in a column of a row: a field of a mapping, or of any other value."""
    return row[key] if isinstance(row, Mapping) else getattr(row, key)


@dataclass(frozen=True)
class Table:
    """One page of a table's rows."""

    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[Any]
    total: int
    """Rows in all pages."""
    page: int = 1
    pages: int = 1
    sort: str = ""
    down: bool = False
    query: Query | None = None
    """None in a report: nothing can be asked there."""
    value: Callable[[Any, str], Any] = cell_of
    """A row's value in a column, for a file."""
    every: Callable[[], Iterable[Any]] | None = None
    """All rows in their order, for a file; None: `rows` are all."""
    more: tuple[Column, ...] = ()
    """Columns that a file has beside those of the page."""
    files: Mapping[str, str] | None = None
    """Form of a file → its address; given where the page is answered (`evokd.viewer.files`)."""

    def records(self) -> Iterable[dict[str, Any]]:
        """All rows by column, as they stand in a file."""
        columns = [column.key for column in (*self.columns, *self.more) if column.key]
        for row in self.rows if self.every is None else self.every():
            yield {key: self.value(row, key) for key in columns}

    def sort_address(self, column: Column) -> str | None:
        """The address that sorts by a column, or turns its order round."""
        if self.query is None or not column.sorts:
            return None
        down = not self.down if column.key == self.sort else column.number
        return self.query.to({"sort": ("-" if down else "") + column.key, "page": None})

    def aria_sort(self, column: Column) -> str | None:
        """What a screen reader says of the column's order."""
        if column.key != self.sort:
            return None
        return "descending" if self.down else "ascending"

    def page_address(self, number: int) -> str | None:
        """The address of another page; None where there is none."""
        if self.query is None or not 1 <= number <= self.pages or number == self.page:
            return None
        return self.query.to({"page": number if number > 1 else None})

    @property
    def first(self) -> int:
        """Number of the first row shown, from 1."""
        return (self.page - 1) * PER_PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.total else 0


def order_of(query: Query, columns: Sequence[Column], default: str) -> tuple[str, bool]:
    """The column to sort by and whether downwards: `sort=-tokens`."""
    wanted = query.get("sort", default)
    key = wanted.removeprefix("-")
    if key not in {column.key for column in columns if column.sorts}:
        wanted, key = default, default.removeprefix("-")
    return key, wanted.startswith("-")


def page_of(query: Query, total: int) -> tuple[int, int]:
    """The page asked for, within what there is, and how many there are."""
    pages = max(1, -(-total // PER_PAGE))
    return min(max(1, query.number("page", 1)), pages), pages


def ordered(
    rows: Sequence[Any],
    columns: Sequence[Column],
    query: Query,
    default: str,
    value: Callable[[Any, str], Any],
) -> tuple[Sequence[Any], str, bool]:
    """The rows as an address sorts them, the column, and whether downwards; see `sorted_page`."""
    key, down = order_of(query, columns, default)
    if key:
        known = [row for row in rows if value(row, key) is not None]
        rest = [row for row in rows if value(row, key) is None]
        rows = [*sorted(known, key=lambda row: value(row, key), reverse=down), *rest]
    return rows, key, down


def sorted_page(
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Any],
    query: Query,
    *,
    default: str,
    value: Callable[[Any, str], Any],
    more: tuple[Column, ...] = (),
) -> Table:
    """Sort the rows, cut out the page.

    Args:
        caption: What the table is.
        columns: Its heads.
        rows: All rows, after filters.
        query: The address, with `sort` and `page`.
        default: Column to sort by, `-` before it for downwards; "" keeps the order of `rows`.
        value: A row's value in a column; None stands last, whichever way round.
        more: Columns that a file has beside these.
    """
    rows, key, down = ordered(rows, columns, query, default, value)
    page, pages = page_of(query, len(rows))
    start = (page - 1) * PER_PAGE
    return Table(
        caption, tuple(columns), rows[start : start + PER_PAGE], len(rows), page, pages, key, down,
        query, value=value, every=lambda: rows, more=more,
    )  # fmt: skip
