"""`evokd plan STUDY.yaml`: what a whole grid will ask and pay for, method by method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import typer

from evokd.cli.screen import cell, dumps, show, table
from evokd.config import Endpoint
from evokd.runs.formatting import count, several
from evokd.runs.pricing import cost
from evokd.studies.grid.cells import Cell, Grid, expand
from evokd.studies.grid.check import Checker, check_all
from evokd.studies.grid.config import StudyConfig, load_study
from graph.methods import METHODS
from graph.plan import NOTHING, Sums, make_plan

NOTES = (
    "replies are as long, and as often unusable, as the prompt packs expect of their models",
    "all seeds of a cell are taken to cost what its first does",
    "at most: all of the budgets, in tokens",
)


@dataclass(frozen=True, slots=True)
class MethodPlan:
    """All cells of one method."""

    method: str
    cells: int
    sums: Sums | None
    """Expected; None where only time ends a run."""
    at_most: int | None
    """Tokens: the budgets, added up; None where a cell has none."""
    asked: frozenset[Endpoint] = frozenset()
    """Endpoints of its cells."""


def show_study_plan(file: Path, overrides: Sequence[str], output: Literal["table", "json"]) -> None:
    """Print the estimate; keys need not be there yet.

    Raises:
        ConfigError: a wrong field, or cells that can't run, all of them.
    """
    config = load_study(file, overrides)
    grid: Grid = expand(config, file.resolve().parent)
    check_all(grid, keys=False)
    plans = study_plan(grid.cells)
    if output == "json":
        typer.echo(dumps(as_json(config, plans), indent=2))
    else:
        _print(config, plans)


def study_plan(cells: Sequence[Cell]) -> list[MethodPlan]:
    """The estimate by method, in the order of the cells."""
    checker = Checker()
    known: dict[Any, Sums | None] = {}
    plans = {cell.axes.method: MethodPlan(cell.axes.method, 0, NOTHING, 0) for cell in cells}
    for one in cells:
        place = replace(one.axes, seed=0)
        if place not in known:
            known[place] = _expected(checker, one)
        so_far, sums = plans[one.axes.method], known[place]
        most = 0 if METHODS[one.config.method].indifferent else one.axes.budget
        plans[one.axes.method] = MethodPlan(
            method=so_far.method,
            cells=so_far.cells + 1,
            sums=None if so_far.sums is None or sums is None else so_far.sums.plus(sums),
            at_most=None if so_far.at_most is None or most is None else so_far.at_most + most,
            asked=so_far.asked | one.config.teachers.every(),
        )
    return list(plans.values())


def _expected(checker: Checker, one: Cell) -> Sums | None:
    config = one.config
    task, pack = checker.task(config.task), checker.pack(config)
    plan = make_plan(config, task, pack, brief=True)
    return None if plan.course is None else plan.course.total


def whole(plans: Sequence[MethodPlan]) -> MethodPlan:
    """All methods together."""
    sums: Sums | None = NOTHING
    at_most: int | None = 0
    for plan in plans:
        sums = None if sums is None or plan.sums is None else sums.plus(plan.sums)
        at_most = None if at_most is None or plan.at_most is None else at_most + plan.at_most
    asked = frozenset[Endpoint]().union(*(plan.asked for plan in plans))
    return MethodPlan("all", sum(plan.cells for plan in plans), sums, at_most, asked)


def as_json(config: StudyConfig, plans: Sequence[MethodPlan]) -> dict[str, Any]:
    """The estimate as a document; what is not known is null."""
    return {
        "name": config.name,
        "kind": config.kind,
        "methods": [_row(plan) for plan in plans],
        "total": _row(whole(plans)),
        "notes": list(NOTES),
    }


def _row(plan: MethodPlan) -> dict[str, Any]:
    sums = dict.fromkeys(asdict(NOTHING)) if plan.sums is None else plan.sums.whole()
    return {"method": plan.method, "cells": plan.cells, **sums, "at_most_tokens": plan.at_most}


def _print(config: StudyConfig, plans: Sequence[MethodPlan]) -> None:
    every = whole(plans)
    show(f"study {config.name}: {several(every.cells, 'cell')}; expected, nothing spent")
    show()
    made = table("method", ">cells", ">calls", ">prompt", ">reply", ">tokens", ">at most", ">usd")
    for plan in plans:
        made.add_row(cell(plan.method), *_cells(plan))
    made.add_section()
    made.add_row(cell("all", "bold"), *_cells(every))
    show(made)
    show()
    for note in NOTES:
        show(f"- {note}")


def _cells(plan: MethodPlan) -> list[str]:
    most = "–" if plan.at_most is None else count(plan.at_most)
    sums = plan.sums
    if sums is None:
        return [count(plan.cells), *["–"] * 4, most, "unknown"]
    numbers = (sums.calls, sums.prompt_tokens, sums.completion_tokens, sums.tokens)
    return [count(plan.cells), *map(count, numbers), most, cost(sums.usd, plan.asked)]
