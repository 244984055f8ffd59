from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.viewer.query import Query
from evokd.viewer.table import PER_PAGE, Column, Table, page_of, sorted_page

COLUMNS = (
    Column("name", "name"),
    Column("size", "size", number=True),
    Column("why", "why", sorts=False),
)


def made(asked: list[tuple[str, str]], rows: list[dict[str, Any]]) -> Table:
    query = Query.of("/runs", asked)
    return sorted_page(
        "Rows", COLUMNS, rows, query, default="name", value=lambda row, key: row[key]
    )


def named(found: Table) -> list[str]:
    return [row["name"] for row in found.rows]


ROWS: list[dict[str, Any]] = [
    {"name": "b", "size": 2, "why": ""},
    {"name": "a", "size": None, "why": ""},
    {"name": "c", "size": 3, "why": ""},
]


def test_sorted_by_what_the_address_asks_unknown_values_last() -> None:
    assert named(made([], ROWS)) == ["a", "b", "c"]
    assert named(made([("sort", "size")], ROWS)) == ["b", "c", "a"]
    assert named(made([("sort", "-size")], ROWS)) == ["c", "b", "a"]
    assert named(made([("sort", "why")], ROWS)) == ["a", "b", "c"], "not sortable: the default"
    assert named(made([("sort", "'; --")], ROWS)) == ["a", "b", "c"]


def test_a_heading_leads_to_its_order_and_back() -> None:
    found = made([("sort", "size"), ("page", "1"), ("q", "x")], ROWS)
    assert found.sort_address(COLUMNS[1]) == "/runs?q=x&sort=-size"
    assert found.sort_address(COLUMNS[0]) == "/runs?q=x&sort=name"
    assert found.sort_address(COLUMNS[2]) is None
    assert found.aria_sort(COLUMNS[1]) == "ascending"
    assert found.aria_sort(COLUMNS[0]) is None


@pytest.mark.parametrize(("page", "expected"), [("2", 2), ("0", 1), ("99", 3), ("-1", 1), ("x", 1)])
def test_a_page_that_is_none_becomes_one_that_is(page: str, expected: int) -> None:
    rows = [{"name": f"{n:04d}", "size": n, "why": ""} for n in range(2 * PER_PAGE + 5)]
    found = made([("page", page)], rows)
    assert (found.page, found.pages) == (expected, 3)
    assert found.first == (expected - 1) * PER_PAGE + 1
    assert found.page_address(4) is None and found.page_address(expected) is None


@given(st.integers(0, 5000), st.integers(0, 100))
def test_every_row_is_on_exactly_one_page(total: int, wanted: int) -> None:
    page, pages = page_of(Query.of("/", [("page", str(wanted))]), total)
    assert 1 <= page <= pages
    assert (pages - 1) * PER_PAGE < max(1, total) <= max(1, pages * PER_PAGE)


def test_addresses_keep_what_is_not_changed() -> None:
    query = Query.of("/compare", [("run", "a"), ("run", "b c"), ("only", ""), ("q", " x ")])
    assert query.all("run") == ["a", "b c"] and query.get("only") == "" and query.get("q") == "x"
    assert query.to({"only": "b"}) == "/compare?run=a&run=b+c&q=x&only=b"
    assert query.to({"run": None, "q": None}) == "/compare"
    assert query.number("q", 7) == 7
    assert Query.of("/", [("q", "\ud800")]).to({"n": 1}) == "/?q=%3F&n=1"
