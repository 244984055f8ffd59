"""From a study to its cells: method × task × variant × shots × seed × budget, each a run config."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evokd.config import Config, ConfigError, anchored, parse_config, put, read_yaml, resolve_paths
from evokd.runs.cells import described
from evokd.studies.grid.config import StudyConfig
from evokd.studies.grid.identity import MadeBy, PackCache, cell_id, old_id
from evokd.studies.grid.order import leader_of
from graph.methods import METHODS
from graph.packs import named


@dataclass(frozen=True, slots=True)
class CellAxes:
    """Where a cell stands in the grid; None: the method does not depend on it."""

    method: str
    task: str
    variant: str
    shots: int | None
    seed: int
    budget: int | None
    """Billed tokens."""

    @property
    def title(self) -> str:
        """For people."""
        return self.described(f"seed {self.seed}")

    def described(self, seeds: str) -> str:
        """The title with other words for the seed."""
        return described(self.method, self.task, self.variant, self.shots, seeds, self.budget)


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of the grid."""

    id: str
    """See `evokd.studies.grid.identity`."""
    axes: CellAxes
    config: Config
    """Resolved: paths are absolute, the pack has its name."""
    made_by: MadeBy | None = None
    """None: it was finished before ids said what made them."""
    old_id: str = ""
    """What its id was then."""
    follows: str | None = None
    """Id of the cell whose run it takes, which is run first."""


@dataclass(frozen=True, slots=True)
class Impossible:
    """A cell that can't run, and why."""

    axes: CellAxes
    reason: str


@dataclass(frozen=True, slots=True)
class Grid:
    """All cells, seeds outermost: a study that is stopped early has whole seeds."""

    cells: tuple[Cell, ...]
    impossible: tuple[Impossible, ...]
    """Cells whose config is refused."""


def expand(study: StudyConfig, folder: Path) -> Grid:
    """All cells of a study; `folder` is what paths in `config`, `set` and variants are relative to.

    Raises:
        ConfigError: a file that can't be read, or two variants or tasks that are the same.
    """
    cells: dict[CellAxes, Cell] = {}
    impossible: list[Impossible] = []
    packs = PackCache()
    for axes, raw in _documents(study, folder):
        title = f"{study.name}: {axes.title}"
        try:
            config, _ = named(resolve_paths(parse_config(raw, title), folder))
            made_by = packs.made_by(config)
        except ConfigError as error:
            impossible.append(Impossible(_indifferent(axes), str(error).removeprefix(f"{title}: ")))
            continue
        own = _axes_of(config, axes)
        cell = Cell(cell_id(config, made_by), own, config, made_by, old_id(config))
        cells.setdefault(own, cell)
    ordered, alone = _ordered(list(cells.values()))
    _check_twins(ordered)
    return Grid(tuple(ordered), (*impossible, *alone))


def _ordered(cells: list[Cell]) -> tuple[list[Cell], list[Impossible]]:
    """Cells with what they follow as a part of their ids; and those that have nothing to follow."""
    done, alone = [], []
    for cell in cells:
        if METHODS[cell.axes.method].follows is None or cell.made_by is None:
            done.append(cell)
            continue
        try:
            leader = leader_of(cell, cells)
        except ConfigError as error:
            alone.append(Impossible(cell.axes, str(error)))
            continue
        id = cell_id(cell.config, cell.made_by, leader.id)
        done.append(replace(cell, id=id, follows=leader.id))
    return done, alone


def _check_twins(cells: list[Cell]) -> None:
    """Refuse two names for one run.

    Raises:
        ConfigError: naming both.
    """
    known: dict[str, Cell] = {}
    for cell in cells:
        twin = known.setdefault(cell.id, cell)
        if twin.axes != cell.axes:
            raise ConfigError(
                f"grid: {twin.axes.title!r} and {cell.axes.title!r} are the same run; leave one out"
            )


def _documents(study: StudyConfig, folder: Path) -> Iterator[tuple[CellAxes, dict[str, Any]]]:
    """Each cell's config before it is checked; paths absolute."""
    grid = study.grid
    tasks = _tasks(study, folder)
    documents = {}
    for (task, raw), (variant, changes) in itertools.product(tasks.items(), grid.variant.items()):
        document = copy.deepcopy(raw)
        own = {} if grid.task is None else grid.task[task].overrides
        for key, value in (*study.overrides.items(), *own.items(), *changes.items()):
            put(document, key, copy.deepcopy(value))
        if study.plugins:
            own_plugins = document.get("plugins") or ()
            document["plugins"] = list(dict.fromkeys([*study.plugins, *own_plugins]))
        if study.track is not None:
            document["track"] = list(study.track)
        documents[task, variant] = anchored(document, folder)
    for seed, (task, shots, budget, variant, method) in itertools.product(
        grid.seed or (None,),
        itertools.product(
            tasks, grid.shots or (None,), grid.budget or (None,), grid.variant, grid.method or ("",)
        ),
    ):
        if seed is not None and seed not in grid.seeds_of.get(variant, (seed,)):
            continue
        document = copy.deepcopy(documents[task, variant])
        values = {"seed": seed, "method": method or None, "budget.tokens": budget}
        for key, value in {**values, "task.shots": shots}.items():
            if value is not None:
                put(document, key, value)
        axes = CellAxes(
            method=str(document.get("method", "evokd")),
            task=task,
            variant=variant,
            shots=shots,
            seed=document.get("seed", 1),
            budget=budget,
        )
        name = [study.name, axes.method, task, variant, f"{shots or 'all'}shot", f"seed{axes.seed}"]
        document["name"] = "-".join([*name, *([str(budget)] if budget else [])])
        yield axes, document


def _tasks(study: StudyConfig, folder: Path) -> dict[str, dict[str, Any]]:
    """Task name → base and task config merged."""
    base: dict[str, Any] = {}
    name = "task"
    if study.base is not None:
        file = Path(study.base)
        base, name = _layer(file), file.stem
    elif study.config is not None:
        base, name = anchored(study.config, folder), str(study.config.get("name", name))
    if study.grid.task is None:
        return {name: base}
    return {
        name: _merged(base, _layer(Path(entry.config))) for name, entry in study.grid.task.items()
    }


def _layer(file: Path) -> dict[str, Any]:
    return anchored(read_yaml(file), file.parent)


def _merged(base: Mapping[str, Any], over: Mapping[str, Any], whole: str = "task") -> Any:
    """`over` on `base`; mappings are merged, but `task` is taken whole: labels don't mix."""
    made = dict(base)
    for key, value in over.items():
        below = made.get(key)
        if isinstance(below, dict) and isinstance(value, dict) and key != whole:
            made[key] = _merged(below, value, whole="")
        else:
            made[key] = value
    return made


def _axes_of(config: Config, asked: CellAxes) -> CellAxes:
    """What the resolved config says of the cell."""
    return _indifferent(
        CellAxes(
            method=config.method,
            task=asked.task,
            variant=asked.variant,
            shots=config.task.shots,
            seed=config.seed,
            budget=config.budget.tokens,
        )
    )


def _indifferent(axes: CellAxes) -> CellAxes:
    method = METHODS.get(axes.method)
    free = method.indifferent if method else frozenset()
    return CellAxes(
        method=axes.method,
        task=axes.task,
        variant=axes.variant,
        shots=None if "shots" in free else axes.shots,
        seed=axes.seed,
        budget=None if "budget" in free else axes.budget,
    )
