"""`evokd tokens`: the books of a run as a table, JSON or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import typer

from evokd.cli.lines import STATUSES
from evokd.cli.screen import cell, dumps, shortened, show, table
from evokd.config import Teachers
from evokd.ledger.totals import KEYS, By
from evokd.runs.formatting import count, dollars
from evokd.runs.pricing import cost, cost_of_all, endpoints_of, teachers_of
from evokd.runs.run import Run, read_run
from evokd.runs.totals import read_totals
from evokd.store.run_dir import RunDir


def show_tokens(directory: Path, by: By, output: Literal["table", "json", "csv"]) -> None:
    """Print the books."""
    RunDir.open(directory)
    run = read_run(directory)
    books = read_totals(run, by)
    if output == "json":
        typer.echo(dumps(books, indent=2))
    elif output == "csv":
        typer.echo(as_csv(books["rows"], by), nl=False)
    else:
        _print(books, by, run)


def _status(run: Run) -> str:
    return f"{run.status}; `evokd resume` goes on with it" if run.status == "killed" else run.status


def as_csv(rows: Sequence[dict[str, Any]], by: By) -> str:
    """The rows, quoted where needed; an unknown value is an empty field."""
    sums = ("calls", "prompt_tokens", "completion_tokens", "freight_tokens", "usd")
    text = io.StringIO()
    writer = csv.DictWriter(text, [*KEYS[by], *sums], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def books_table(
    rows: Sequence[dict[str, Any]],
    total: dict[str, Any],
    teachers: Teachers | None,
    by: By = "edge",
    sums: Sequence[str] | None = None,
) -> Any:
    """The rows as a table that fits in 80 columns, with their sum.

    Args:
        rows: Of the books.
        total: What was billed in all.
        teachers: The run's, which say where a call without a price costs nothing.
        by: What a row is.
        sums: Columns; by default all that make sense.
    """
    columns, sums = COLUMNS[by], sums or SUMS.get(by, tuple(_SUMS))
    costs = [cost(row["usd"], endpoints_of(teachers, row)) for row in rows]
    made = table(*columns, *(f">{_SUMS[name][0]}" for name in sums))
    for column in made.columns:
        column.no_wrap = by not in ("model", "voter")
    for row, said in zip(rows, costs, strict=True):
        cells = [_SUMS[name][1](row[name]) for name in sums]
        cells[-1] = said if row["calls"] else "–"  # freight alone has no price
        made.add_row(*(cell(read(row)) for read in columns.values()), *cells)
    if rows:
        made.add_section()
    freight = sum(row["freight_tokens"] or 0 for row in rows)
    cells = [_SUMS[name][1]({**total, "freight_tokens": freight}[name]) for name in sums]
    billed = [(row["usd"], said) for row, said in zip(rows, costs, strict=True) if row["calls"]]
    cells[-1] = cost_of_all(total["usd"], billed)
    made.add_row(cell("billed", "bold"), *[""] * (len(columns) - 1), *cells)
    return made


def _edge(row: dict[str, Any]) -> str:
    return f"{row['source']} → {row['target']}"


CellReader = Callable[[dict[str, Any]], str]
COLUMNS: dict[By, dict[str, CellReader]] = {
    "edge": {"edge": _edge},
    "agent": {"agent": lambda row: str(row["agent"])},
    "voter": {
        "endpoint": lambda row: f"{row['agent']} #{row['voter'] + 1}",
        "model": lambda row: shortened(row["model"], 30),
    },
    "model": {"model": lambda row: shortened(row["model"], 40)},
    "round": {">round": lambda row: str(row["round"])},
    "call": {
        "call": lambda row: str(row["id"])[:8],
        ">round": lambda row: str(row["round"]),
        "agent": lambda row: str(row["target"]),
        "status": lambda row: STATUSES.get(row["status"], str(row["status"])),
    },
}
"""What names a row, by what a row is; heads as in `table`."""


_SUMS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "calls": ("calls", count),
    "prompt_tokens": ("prompt", count),
    "completion_tokens": ("completion", count),
    "freight_tokens": ("freight", count),
    "usd": ("usd", dollars),
}
"""Name in the document → head and form in the table."""
SUMS: dict[By, tuple[str, ...]] = {
    "voter": ("calls", "prompt_tokens", "completion_tokens", "usd"),
    "model": ("calls", "prompt_tokens", "completion_tokens", "usd"),
    "call": ("prompt_tokens", "completion_tokens", "usd"),
}
"""Where not all sums make sense: freight moves along edges."""


FREIGHT = "freight: tokens handed along the edge, sent to a model or not; never billed"


def _print(books: dict[str, Any], by: By, run: Run) -> None:
    status = _status(run)
    show(books_table(books["rows"], books["billed"], teachers_of(run.config), by))
    show()
    if "freight_tokens" in SUMS.get(by, _SUMS):
        show(FREIGHT)
    useful = books["useful"]
    kept = useful["prompt_tokens"] + useful["completion_tokens"]
    show(f"useful: {count(kept)} tokens in {count(useful['calls'])} calls (run: {status})")
    rest = (
        f"replayed calls, free: {count(books['replayed_calls'])}; open:"
        f" {count(books['open_calls'])}; with estimated tokens: {count(books['estimated_calls'])}"
    )
    show(rest)
    estimated = books["billed"]["estimated_prompt_tokens"]
    estimated += books["billed"]["estimated_completion_tokens"]
    if estimated:
        show(
            f"{count(estimated)} of the billed tokens are estimates: no usage came for them, or one"
            " that left completions out"
        )
