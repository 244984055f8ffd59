"""Commands that read runs: list, compare, tokens, trace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from evokd.cli.commands.options import Json, RunArgument, TableOrJson, form
from evokd.cli.commands.root import app
from evokd.cli.completing import run_directories


@app.command("list")
def list_runs(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of runs.")] = Path("runs"),
    output: TableOrJson = "table",
    as_json: Json = False,
) -> None:
    """The runs and studies of a folder, the newest first."""
    from evokd.cli.listing import show_listing

    show_listing(folder, form(output, as_json))


@app.command("compare")
def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR DIR...", help="Run directories.", autocompletion=run_directories
        ),
    ],
    output: TableOrJson = "table",
    as_json: Json = False,
) -> None:
    """Runs side by side: scores, other settings, tokens by edge."""
    from evokd.cli.compare import show_comparison

    show_comparison(runs, form(output, as_json))


@app.command("tokens")
def tokens(
    directory: RunArgument,
    by: Annotated[
        Literal["edge", "agent", "voter", "model", "round", "call"],
        typer.Option(help="What a row is; voter: an endpoint of a role."),
    ] = "edge",
    output: Annotated[Literal["table", "json", "csv"], typer.Option("--format")] = "table",
    as_json: Json = False,
) -> None:
    """What a run has spent, be it running, done or killed."""
    from evokd.cli.tokens import show_tokens

    show_tokens(directory, by, form(output, as_json))


@app.command("trace")
def trace(
    directory: RunArgument,
    number: Annotated[int | None, typer.Option("--round", min=0, metavar="N")] = None,
    agent: Annotated[
        str | None, typer.Option(metavar="NAME", help="A node: its prompts and replies.")
    ] = None,
    row: Annotated[
        str | None, typer.Option(metavar="ID", help="A row: where it came from and what it led to.")
    ] = None,
    output: TableOrJson = "table",
    as_json: Json = False,
) -> None:
    """What the agents said, by round, by agent or for one row."""
    from evokd.cli.trace import show_trace

    show_trace(directory, number, agent, row, form(output, as_json))
