"""The `evokd` app itself; its commands register on it, one module for each noun."""

from __future__ import annotations

from typing import Annotated

import typer

from evokd.cli.exits import Guarded

app = typer.Typer(
    name="evokd",
    cls=Guarded,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its panels cost as much time as all the rest of `--help`
    help="Distil a large language model into a small student with a team of agents.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage or config, 130 interrupted.",
)


@app.callback(invoke_without_command=True)
def _evokd(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"evokd {installed('evokd')}")
        raise typer.Exit
