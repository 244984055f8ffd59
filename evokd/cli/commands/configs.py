"""Commands about configs: init."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evokd.cli.commands.root import app


@app.command("init")
def init(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="CSV, TSV, JSON lines or Parquet, with labels.")
    ],
    text: Annotated[str | None, typer.Option(metavar="COL", help="Column of the texts.")] = None,
    label: Annotated[str | None, typer.Option(metavar="COL", help="Column of the labels.")] = None,
    teacher: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL|URL|embedded:NAME", help="Who answers; else embedded:smollm2-135m."
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="The model of a server given by URL.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="CONFIG.yaml", help="New file; else beside the data.")
    ] = None,
    describe: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL=TEXT", help="Which texts belong to a label; for each."),
    ] = None,
    rename: Annotated[
        list[str] | None,
        typer.Option(metavar="VALUE=NAME", help="What a label of the data is called; for each."),
    ] = None,
) -> None:
    """Write a config for a file of data.

    Columns and labels are found in the data. On a terminal it asks for what it can't find.
    """
    from evokd.cli.init import InitOptions
    from evokd.cli.init import init as write

    write(InitOptions(data, text, label, teacher, model, out, describe or (), rename or ()))
