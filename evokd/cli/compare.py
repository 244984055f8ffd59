"""`evokd compare`: runs side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import typer

from evokd.cli.screen import cell, dumps, show, table
from evokd.config import ConfigError
from evokd.runs.comparison import LETTERS, Comparison, Side, compare
from evokd.runs.files import Unreadable
from evokd.runs.formatting import count, dollars, ratio, span
from evokd.runs.rounds import read_rounds
from evokd.runs.run import read_run
from evokd.runs.run_index import holds_run
from evokd.runs.scores import metric_name
from evokd.runs.totals import EdgeTotals, read_edges

LONG = 40
"""Characters of a setting."""


def show_comparison(runs: Sequence[Path], output: Literal["table", "json"]) -> None:
    """Print the comparison.

    Raises:
        ConfigError: a folder that holds no run; one run alone, or more than there are letters.
    """
    if not 2 <= len(runs) <= len(LETTERS):
        raise ConfigError(f"expected 2 to {len(LETTERS)} run directories, got {len(runs)}")
    for path in runs:
        if not holds_run(path):
            raise ConfigError(f"{path}: holds no run (expected run.json in it)")
    found = compare([_side(letter, path) for letter, path in zip(LETTERS, runs, strict=False)])
    if output == "json":
        typer.echo(dumps(as_json(found), indent=2))
    else:
        _print(found)


def _side(letter: str, path: Path) -> Side:
    run = read_run(path, str(path))
    rounds, notes = read_rounds(run)
    try:
        books = read_edges(run)
    except Unreadable as problem:
        return Side(letter, run, rounds, None, [*run.notes, *notes, str(problem)])
    return Side(letter, run, rounds, books, [*run.notes, *notes])


def as_json(found: Comparison) -> dict[str, Any]:
    """The comparison as a document; lists stand in the order of the runs."""
    return {
        "runs": [_side_json(side, found.splits) for side in found.sides],
        "settings": [{"name": one.name, "values": list(one.values)} for one in found.settings],
        "edges": [
            {"edge": edge.name, "sides": [_edge_json(one) for one in edge.sides]}
            for edge in found.edges
        ],
    }


def _side_json(side: Side, splits: Sequence[str]) -> dict[str, Any]:
    run, books = side.run, side.books
    return {
        "letter": side.letter,
        "directory": run.name,
        "status": run.status,
        "method": run.method,
        "rounds": side.last.number if side.last else None,
        "scores": {
            split: {name: _score_json(side, split, name) for name in run.score_names}
            for split in splits
        },
        "billed_tokens": books.tokens("billed") if books else None,
        "useful_tokens": books.tokens("useful") if books else None,
        "calls": books.calls if books else None,
        "usd": books.usd if books else None,
        "seconds": run.seconds,
        "notes": list(side.notes),
    }


def _score_json(side: Side, split: str, name: str) -> dict[str, Any]:
    best = side.best(split, name)
    return {
        "before": side.score(split, name, last=False),
        "last": side.score(split, name, last=True),
        "best": best[0] if best else None,
        "best_round": best[1] if best else None,
    }


def _edge_json(edge: EdgeTotals) -> dict[str, Any]:
    return {
        "calls": edge.calls,
        "billed_tokens": edge.billed,
        "useful_tokens": edge.useful,
        "freight_tokens": edge.freight,
        "usd": edge.usd,
    }


def _print(found: Comparison) -> None:
    for side in found.sides:
        show(f"{side.letter}: {side.run.name}")
    show()
    show(sides_table(found))
    show()
    if found.settings:
        show(settings_table(found))
    else:
        show("All settings are the same.")
    if found.edges:
        show()
        show(edges_table(found))
    notes = [f"{side.letter}: {note}" for side in found.sides for note in side.notes]
    if notes:
        show()
        show("What could not be read:")
    for note in notes:
        show(f"  {note}")


def sides_table(found: Comparison) -> Any:
    """What each run is, and its scores: before the first round, after the last, and the highest."""
    made = table("", *(f">{side.letter}" for side in found.sides))
    made.columns[0].no_wrap = True

    def add(what: str, of: Callable[[Side], str]) -> None:
        made.add_row(cell(what), *(cell(of(side)) for side in found.sides))

    add("status", lambda side: side.run.status)
    add("method", lambda side: side.run.method)
    add("rounds", lambda side: count(side.last.number if side.last else None))
    made.add_section()
    for split in found.splits:
        for name in found.score_names:
            for what, cells in _scores(found.sides, split, name).items():
                made.add_row(cell(f"{split} {metric_name(name)}, {what}"), *cells)
    made.add_section()
    add("tokens billed", lambda side: count(side.books.tokens("billed") if side.books else None))
    add("tokens useful", lambda side: count(side.books.tokens("useful") if side.books else None))
    add("calls", lambda side: count(side.books.calls if side.books else None))
    add("usd", lambda side: dollars(side.books.usd) if side.books else "–")
    add("time", lambda side: span(side.run.seconds))
    return made


def _scores(sides: Sequence[Side], split: str, name: str) -> dict[str, list[str]]:
    return {
        "before": [ratio(side.score(split, name, last=False)) for side in sides],
        "last": [ratio(side.score(split, name, last=True)) for side in sides],
        "best in hindsight": [_best(side.best(split, name)) for side in sides],
    }


def _best(best: tuple[float, int] | None) -> str:
    return f"{ratio(best[0])} (round {best[1]})" if best else "–"


def settings_table(found: Comparison) -> Any:
    """The settings that are not the same."""
    made = table("setting", *(side.letter for side in found.sides))
    for one in found.settings:
        made.add_row(cell(one.name), *(cell(_cut(value)) for value in one.values))
    return made


def _cut(value: str) -> str:
    """A path says most at its end."""
    return value if len(value) <= LONG else f"…{value[-LONG + 1 :]}"


def edges_table(found: Comparison) -> Any:
    """Calls and billed tokens by edge; edges that no call of any run moved along are left out."""
    heads = (f">{side.letter} {what}" for side in found.sides for what in ("calls", "tokens"))
    made = table("edge", *heads)
    for edge in found.edges:
        if not any(one.calls for one in edge.sides):
            continue
        numbers = (count(n) for one in edge.sides for n in (one.calls, one.billed))
        made.add_row(cell(edge.name), *numbers)
    return made
