"""The arms of a study before it spends: do their prompts render, and are two of them one.

An arm is a method and a variant. What a pack can do wrong hangs on the kind and the language of a
task, so each arm is rendered once for these, with the first of its cells, and not for every seed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from evokd.config import ConfigError
from evokd.runs.formatting import several
from evokd.studies.grid.cells import Cell
from evokd.studies.grid.check import Checker
from evokd.studies.grid.identity import FIRST_DEFAULT, MadeBy, cell_id, digest, settings_of
from graph.checking.finding import Finding, FindingState
from graph.checking.rehearsal import look_at_prompts, rehearse
from graph.methods import method_of
from graph.packs import named
from prompts.pack import Pack


@dataclass(frozen=True, slots=True)
class _Rendered:
    findings: tuple[Finding, ...]
    program: str | None
    """The same for two arms that do the same; None where that is not known."""


def look_at_arms(cells: Sequence[Cell]) -> Iterator[Finding]:
    """What speaks against the prompts of some arms, then which arms are the same.

    Args:
        cells: Of the study; each of them can be run.
    """
    checker = Checker()
    against: defaultdict[tuple[str, FindingState, str], list[str]] = defaultdict(list)
    same: defaultdict[str, list[str]] = defaultdict(list)
    arms = _arms(cells)
    for cell in arms:
        rendered, title = _render(checker, cell), _title(cell)
        for one in rendered.findings:
            if one.state != "ok":
                against[one.what, one.state, one.text].append(title)
        if rendered.program is not None:
            same[rendered.program].append(title)
    for (what, state, text), titles in against.items():
        yield Finding(what, state, f"{', '.join(titles)}: {text}")
    if not any(what == "prompts" for what, *_ in against):
        yield Finding("prompts", "ok", f"all templates render, of {several(len(arms), 'arm')}")
    yield from (_twins(titles) for titles in same.values() if len(titles) > 1)


def _arms(cells: Iterable[Cell]) -> list[Cell]:
    """The first cell of each arm, for each kind and language of tasks."""
    first: dict[tuple[str, ...], Cell] = {}
    for cell in cells:
        task = cell.config.task
        first.setdefault((task.kind, task.language, cell.axes.method, cell.axes.variant), cell)
    return list(first.values())


def _title(cell: Cell) -> str:
    """Of the arm: what all of its cells are called."""
    return replace(cell.axes, shots=None, budget=None).described("")


def _render(checker: Checker, cell: Cell) -> _Rendered:
    config, choice = named(cell.config)
    method = method_of(config)
    if not method.roles:  # it asks no model
        return _Rendered((), _program(cell, method.revision, ()))
    try:
        task, pack = checker.task(config.task), method.adapted(checker.pack(config))
        found = rehearse(method, task, pack)
    except ConfigError as error:
        return _Rendered((Finding("prompts", "failed", str(error)),), None)
    asked = (*method.roles, *method.templates)
    program = _program(cell, method.revision, found.dry.prompts, pack, asked)
    return _Rendered(tuple(look_at_prompts(method, choice, pack, found)), program)


def _program(
    cell: Cell,
    revision: int,
    prompts: Sequence[str],
    pack: Pack | None = None,
    asked: Sequence[str] = (),
) -> str:
    """A hash of all that a run goes by; of its pack the prompts and settings, not the name."""
    nameless = cell.config.prompts.model_copy(update={"pack": FIRST_DEFAULT})
    config = cell.config.model_copy(update={"prompts": nameless})
    settings = None if pack is None else settings_of(pack, asked)
    return cell_id(config, MadeBy(revision, digest(list(prompts), settings)), cell.follows)


def _twins(titles: Sequence[str]) -> Finding:
    return Finding(
        "arms",
        "warning",
        f"{' and '.join(titles)}: the same settings, and the same prompts as far as they were"
        " rendered: two arms whose prompts are the same are one arm; leave one out, or change what"
        " it shall test",
    )
