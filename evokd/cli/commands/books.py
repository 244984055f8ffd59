"""Commands that read runs: tokens, trace."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from evokd.cli.commands.options import RunArgument
from evokd.cli.commands.root import app


@app.command("tokens")
def tokens(
    directory: RunArgument,
    by: Annotated[
        Literal["edge", "agent", "voter", "model", "round", "call"],
        typer.Option(help="What a row is; voter: an endpoint of a role."),
    ] = "edge",
    output: Annotated[Literal["table", "json", "csv"], typer.Option("--format")] = "table",
) -> None:
    """What a run has spent, be it running, done or killed."""
    from evokd.cli.tokens import show_tokens

    show_tokens(directory, by, output)


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
    output: Annotated[Literal["table", "json"], typer.Option("--format")] = "table",
) -> None:
    """What the agents said, by round, by agent or for one row."""
    from evokd.cli.trace import show_trace

    show_trace(directory, number, agent, row, output)
