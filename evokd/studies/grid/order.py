"""Cells that take another cell's run: which one, and that it is there.

A method that `follows` another takes, for seed s, the other's finished cell of the next seed in the
same place of the grid; the last seed takes the first one's. Where arms are variants, the same place
is the variant that differs from its own in the method alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from evokd.config import Config, ConfigError
from graph.methods import METHODS

if TYPE_CHECKING:
    from evokd.studies.grid.cells import Cell


def leader_of(cell: Cell, leaders: Iterable[Cell]) -> Cell:
    """The cell whose run a cell takes.

    Args:
        cell: The one that follows.
        leaders: Cells of any methods.

    Raises:
        ConfigError: the grid lacks it, or has it for one seed only.
    """
    axes = cell.axes
    name = METHODS[axes.method].follows
    place = (axes.task, axes.shots, axes.budget)
    there = [
        one
        for one in leaders
        if one.axes.method == name and (one.axes.task, one.axes.shots, one.axes.budget) == place
    ]
    own = [one for one in there if one.axes.variant == axes.variant]
    if not own:
        alike = _but_the_method(cell.config, axes.method)
        own = [one for one in there if _but_the_method(one.config, axes.method) == alike]
    found = {one.axes.seed: one for one in own}
    seeds = sorted(found)
    later = [seed for seed in (*seeds, *seeds) if seed > axes.seed] or seeds
    if not later or later[0] == axes.seed:
        raise ConfigError(
            f"grid.method: {axes.method} takes the run of {name} of the next seed: put {name} into"
            " the grid, with at least two seeds"
        )
    return found[later[0]]


def _but_the_method(config: Config, method: str) -> dict[str, Any]:
    """What a cell's config says beside its seed, its method and that method's settings."""
    document = config.model_dump(mode="json", exclude={"name", "seed", "method"})
    document["methods"] = {key: own for key, own in config.methods.items() if key != method}
    return document


def taking(config: Config, run: str) -> Config:
    """The config of a method that follows another, with the folder of the run that it takes."""
    own: Mapping[str, object] = config.methods.get(config.method) or {}
    return config.model_copy(
        update={"methods": {**config.methods, config.method: {**own, "run": run}}}
    )
