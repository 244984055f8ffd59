"""Commands about configs: init, check, schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evokd.cli.commands.options import Json, Overrides, TableOrJson, form
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
            metavar="MODEL|PROVIDER:MODEL|URL|embedded:NAME",
            help="Who answers; else embedded:smollm2-135m.",
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


@app.command("check")
def check(
    config: Annotated[
        Path, typer.Argument(metavar="CONFIG.yaml", help="A run's config, or a study.")
    ],
    overrides: Overrides = None,
    probe: Annotated[
        bool,
        typer.Option("--probe", help="Ask each endpoint what it can do: a few tiny, paid calls."),
    ] = False,
    output: TableOrJson = "table",
    as_json: Json = False,
) -> None:
    """What can be known of a config before anything is spent.

    Exits 0 where nothing failed, 2 where config or data can't work, 1 where an endpoint fails.
    """
    from evokd.cli.check import check as look

    raise typer.Exit(look(config, overrides or (), form(output, as_json), probe))


@app.command("schema")
def schema(
    study: Annotated[bool, typer.Option("--study", help="Of study files instead.")] = False,
) -> None:
    """The JSON schema of a config, for editors."""
    from evokd.cli.schema import show_schema

    show_schema(study)
