"""`evokd tokens`: the books of a run as a table, JSON or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import typer

from evokd.cli.books import read_books
from evokd.cli.screen import cell, count, dollars, pretty, shortened, show, table
from evokd.ledger.totals import KEYS, By
from evokd.store.run_dir import RunDir


def show_tokens(directory: Path, by: By, output: Literal["table", "json", "csv"]) -> None:
    """Print the books."""
    run = RunDir.open(directory)
    books = read_books(run, by)
    if output == "json":
        typer.echo(pretty(books))
    elif output == "csv":
        typer.echo(as_csv(books["rows"], by), nl=False)
    else:
        _print(books, by, str(run.run().get("status", "unknown")))


def as_csv(rows: Sequence[dict[str, Any]], by: By) -> str:
    """The rows, quoted where needed; an unknown value is an empty field."""
    sums = ("calls", "prompt_tokens", "completion_tokens", "freight_tokens", "usd")
    text = io.StringIO()
    writer = csv.DictWriter(text, [*KEYS[by], *sums], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def edges_table(rows: Sequence[dict[str, Any]], total: dict[str, Any], by: By = "edge") -> Any:
    """The rows as a table that fits in 80 columns, with their sum."""
    keys = [name for name in KEYS[by] if by != "call" or name not in ("source", "agent")]
    heads = [f">{name}" if name == "round" else name for name in keys]
    made = table(*heads, ">calls", ">prompt", ">completion", ">freight", ">usd")
    for row in rows:
        made.add_row(*(_key(name, row[name]) for name in keys), *_sums(row))
    if rows:
        made.add_section()
    freight = [row["freight_tokens"] for row in rows if row["freight_tokens"] is not None]
    billed = {**total, "freight_tokens": sum(freight) if freight else None}
    made.add_row(cell("billed", "bold"), *[""] * (len(keys) - 1), *_sums(billed))
    return made


def _key(name: str, value: Any) -> Any:
    return cell(str(value)[:8] if name == "id" else shortened(str(value), 40))


def _sums(row: dict[str, Any]) -> list[str]:
    freight = row["freight_tokens"]
    return [
        count(row["calls"]),
        count(row["prompt_tokens"]),
        count(row["completion_tokens"]),
        "–" if freight is None else count(freight),
        dollars(row["usd"]) if row["calls"] else "–",
    ]


def _print(books: dict[str, Any], by: By, status: str) -> None:
    show(edges_table(books["rows"], books["billed"], by))
    show()
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
        show(f"{count(estimated)} of the billed tokens are estimates: no usage came for them")
