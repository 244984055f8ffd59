"""What can be wrong with the cells of a study, found before any of them starts, all at once.

No server is asked: keys are looked for, addresses are not. Whether a remote endpoint gives
log-probabilities is said in its config (`logprobs: true`), for a probe would spend tokens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from evokd.config import Config, ConfigError, TaskConfig, TaskKind
from evokd.config.tracking import refuse_missing
from evokd.store.weights import find
from evokd.studies.grid.cells import Cell, CellAxes, Grid, Impossible
from evokd.tasks.task import Task, draw_shots, load_task
from evokd.teacher.keys import check_needs
from graph.core.method import Method
from graph.methods import method_of
from graph.session import check_models, check_prices
from prompts.pack import Pack


class Checker:
    """Checks cells; what they share is read once."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task | ConfigError] = {}
        self._packs: dict[tuple[str, TaskKind, bool], Pack | ConfigError] = {}
        self._drawn: set[tuple[str, int]] = set()

    def task(self, config: TaskConfig) -> Task:
        """The task of a config, whatever its shots.

        Raises:
            ConfigError: data that can't be read.
        """
        key = config.model_copy(update={"shots": 1}).model_dump_json()
        if key not in self._tasks:
            try:
                self._tasks[key] = load_task(config)
            except ConfigError as error:
                self._tasks[key] = error
        found = self._tasks[key]
        if isinstance(found, ConfigError):
            raise ConfigError(str(found))
        return found

    def pack(self, config: Config) -> Pack:
        """The pack of a config.

        Raises:
            ConfigError: unknown or broken.
        """
        key = (config.prompts.model_dump_json(), config.task.kind, config.loop.confidence)
        if key not in self._packs:
            try:
                self._packs[key] = Pack.of(config)
            except ConfigError as error:
                self._packs[key] = error
        found = self._packs[key]
        if isinstance(found, ConfigError):
            raise ConfigError(str(found))
        return found

    def _draw(self, task: Task, config: Config) -> None:
        """Draw the seed shots once: a grid of methods draws the same ones for each.

        Raises:
            ConfigError: a class has too few rows.
        """
        key = (config.task.model_dump_json(), config.seed)
        if key not in self._drawn:
            draw_shots(task, config.task.shots, config.seed)
            self._drawn.add(key)

    def fault(self, config: Config, keys: bool) -> str | None:
        """Why a cell with this config can't run; None where nothing speaks against it.

        Args:
            config: Resolved.
            keys: Look for the teachers' keys in the environment, too.
        """
        try:
            if config.loop.human is not None:
                raise ConfigError(
                    "loop.human: nobody can answer in a study; leave it out there, and run the"
                    " config by itself (`evokd run`) where a person is to decide"
                )
            refuse_missing(config.track)
            pack = self.pack(config)
            task = self.task(config.task)
            method = method_of(config)
            if "shots" not in method.indifferent:
                self._draw(task, config)
            check_prices(config)
            _check_student(config)
            _check_method(method, task, pack)
            _check_logprobs(method, pack)
            _check_teachers(config, keys)
        except ConfigError as error:
            return str(error)
        return None


def check_all(grid: Grid, keys: bool = True) -> None:
    """Refuse a study that has impossible cells.

    Args:
        grid: All cells.
        keys: Look for the teachers' keys in the environment, too.

    Raises:
        ConfigError: naming every impossible cell and its reason.
    """
    checker = Checker()
    found = [*grid.impossible, *_faults(checker, grid.cells, keys)]
    if found:
        whole = len(grid.cells) + len(grid.impossible)
        raise ConfigError(
            f"{len(found)} of {whole} cells can't run; nothing was started\n{_listed(found)}"
        )


def _faults(checker: Checker, cells: Iterable[Cell], keys: bool) -> list[Impossible]:
    faults = [(cell, checker.fault(cell.config, keys)) for cell in cells]
    return [Impossible(cell.axes, reason) for cell, reason in faults if reason is not None]


def _listed(found: Iterable[Impossible]) -> str:
    """Every cell under its reason; those that differ in the seed alone on one line."""
    by_reason: defaultdict[str, dict[CellAxes, list[int]]] = defaultdict(dict)
    for one in found:
        place = replace(one.axes, seed=0)
        by_reason[one.reason].setdefault(place, []).append(one.axes.seed)
    lines = []
    for reason, places in by_reason.items():
        lines.append(f"- {reason}")
        for axes, seeds in places.items():
            numbers = ", ".join(map(str, seeds))
            said = f"seed {numbers}" if len(seeds) == 1 else f"seeds {numbers},"
            lines.append(f"    {axes.described(said)}")
    return "\n".join(lines)


def _check_method(method: Method, task: Task, pack: Pack) -> None:
    if method.follows is None:
        method.check(task, pack)
    else:  # the run that it takes isn't there yet
        Method.check(method, task, pack)


def _check_student(config: Config) -> None:
    """Without loading torch: the driver of a study has no use for it."""
    name = config.student.model
    if name.startswith("embedded:"):
        find(name.removeprefix("embedded:"))
    elif name.startswith(("/", ".", "~")) and not Path(name).is_dir():
        raise ConfigError(f"student.model: {name} is no folder")


def _check_logprobs(method: Method, pack: Pack) -> None:
    if "labeler" not in method.roles or pack.manifest.labeler.reply != "logprobs":
        return
    if method.config.loop.decoding.labeler != "sample":  # it answers in words, and is checked so
        return
    for endpoint in method.config.teachers.of("labeler"):
        if endpoint.model is not None and not endpoint.logprobs:
            raise ConfigError(
                f"teachers.labeler: {endpoint.title}: the pack {pack.name} labels by"
                " log-probabilities; say `logprobs: true` if this endpoint gives them, or take"
                " another pack (prompts.pack)"
            )


def _check_teachers(config: Config, keys: bool) -> None:
    check_models(config)
    for endpoint in config.teachers.every():
        if endpoint.model is not None and keys:
            check_needs(endpoint)
