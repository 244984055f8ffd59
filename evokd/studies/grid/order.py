"""Cells that take another cell's run: which one, and that it is there.

A method that `follows` another takes, for seed s, the other's finished cell of the next seed in the
same place of the grid; the last seed takes the first one's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from evokd.config import Config, ConfigError
from graph.methods import METHODS

if TYPE_CHECKING:
    from evokd.studies.grid.cells import Cell, CellAxes


def leader_of(axes: CellAxes, leaders: Iterable[Cell]) -> Cell:
    """The cell whose run a cell takes.

    Args:
        axes: Of the cell that follows.
        leaders: Cells of any methods.

    Raises:
        ConfigError: the grid lacks it, or has it for one seed only.
    """
    name = METHODS[axes.method].follows
    place = (axes.task, axes.variant, axes.shots, axes.budget)
    found = {
        cell.axes.seed: cell
        for cell in leaders
        if cell.axes.method == name
        and (cell.axes.task, cell.axes.variant, cell.axes.shots, cell.axes.budget) == place
    }
    seeds = sorted(found)
    later = [seed for seed in (*seeds, *seeds) if seed > axes.seed] or seeds
    if not later or later[0] == axes.seed:
        raise ConfigError(
            f"grid.method: {axes.method} takes the run of {name} of the next seed: put {name} into"
            " the grid, with at least two seeds"
        )
    return found[later[0]]


def taking(config: Config, run: str) -> Config:
    """The config of a method that follows another, with the folder of the run that it takes."""
    own: Mapping[str, object] = config.methods.get(config.method) or {}
    return config.model_copy(
        update={"methods": {**config.methods, config.method: {**own, "run": run}}}
    )
