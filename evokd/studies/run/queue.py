"""In which order cells are run: as the grid has them, but none before the cell that it follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from evokd.studies.grid.cells import Cell


class CellQueue:
    """Cells that wait for a worker, some of them for another cell first."""

    def __init__(self, cells: Iterable[Cell], ended: Mapping[str, str] | None = None) -> None:
        """Args.

        cells: That are to be run, in order.
        ended: Cell → status (done, failed) of those that ended in an earlier start.
        """
        self._waiting = list(cells)
        self._ended = dict(ended or {})
        self._running: set[str] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def next(self) -> Cell | None:
        """Take the first cell that can be run now; None while all wait for others, or none is left.

        Tell `ended` how it went.
        """
        cell = self._take(lambda one: one.follows is None or self._done(one.follows))
        if cell is not None:
            self._running.add(cell.id)
        return cell

    def hopeless(self) -> Cell | None:
        """Take the first cell that can never be run: what it follows failed, or is nowhere."""
        coming = {cell.id for cell in self._waiting} | self._running
        return self._take(
            lambda one: (
                one.follows is not None
                and not self._done(one.follows)
                and one.follows not in coming
            )
        )

    def ended(self, cell: Cell, status: str | None) -> None:
        """A cell ended; None: it was interrupted."""
        self._running.discard(cell.id)
        if status is not None:
            self._ended[cell.id] = status

    def _done(self, id: str) -> bool:
        """Whether a run can be taken; also one that is done and waits to be measured."""
        return self._ended.get(id) == "done"

    def _take(self, wanted: Callable[[Cell], bool]) -> Cell | None:
        cell = next((one for one in self._waiting if wanted(one)), None)
        if cell is not None:
            self._waiting.remove(cell)
        return cell


def lost_reason(cell: Cell) -> str:
    """Why a cell could not be run that follows another."""
    return f"it takes the run of cell {cell.follows}, which did not finish"
