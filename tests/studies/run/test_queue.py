from __future__ import annotations

from pathlib import Path

import pytest

from evokd.studies.grid.cells import Cell
from evokd.studies.run.queue import CellQueue
from graph.methods.static import Static
from tests.studies.grid.test_cells import HEAD, cells_of


@pytest.fixture
def cells(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Cell, ...]:
    """static 1, evokd 1, static 2, evokd 2; each `static` follows the other seed's `evokd`."""
    monkeypatch.setattr(Static, "follows", "evokd")
    return cells_of(tiny, HEAD + "grid: {method: [static, evokd], seed: [1, 2]}")


def names(found: list[Cell | None]) -> list[tuple[str, int] | None]:
    return [None if cell is None else (cell.axes.method, cell.axes.seed) for cell in found]


def test_none_before_what_it_follows(cells: tuple[Cell, ...]) -> None:
    queue = CellQueue(cells)
    first, second = queue.next(), queue.next()
    assert names([first, second]) == [("evokd", 1), ("evokd", 2)]
    assert queue.next() is None and len(queue) == 2
    assert first is not None and second is not None
    queue.ended(second, "done")
    assert names([queue.next(), queue.next()]) == [("static", 1), None]
    assert queue.hopeless() is None, "the other one is still at work"
    queue.ended(first, "failed")
    assert queue.next() is None
    assert names([queue.hopeless(), queue.hopeless()]) == [("static", 2), None]
    assert len(queue) == 0


def test_what_ended_earlier_counts(cells: tuple[Cell, ...]) -> None:
    static_1, evokd_1, static_2, evokd_2 = cells
    queue = CellQueue([static_1, static_2], {evokd_2.id: "done", evokd_1.id: "failed"})
    assert queue.next() == static_1
    assert queue.next() is None and queue.hopeless() == static_2


def test_an_interrupted_leader_leaves_its_follower_for_later(cells: tuple[Cell, ...]) -> None:
    queue = CellQueue(cells)
    first = queue.next()
    assert first is not None
    queue.ended(first, None)
    assert queue.hopeless() is not None, "after an interrupt nobody asks"
