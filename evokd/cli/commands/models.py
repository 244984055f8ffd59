"""`evokd models`: the catalogue of embedded teachers."""

from __future__ import annotations

from typing import Annotated

import typer

from evokd.cli.commands.options import Json, TableOrJson, form
from evokd.cli.commands.root import app
from evokd.cli.completing import model_names

models = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="The embedded teachers: what there is, get one, its path.",
)
app.add_typer(models, name="models")
ModelName = Annotated[
    str, typer.Argument(metavar="NAME", help="A name of the catalogue.", autocompletion=model_names)
]


@models.callback(invoke_without_command=True)
def _models(context: typer.Context, output: TableOrJson = "table", as_json: Json = False) -> None:
    if context.invoked_subcommand is None:
        list_models(output, as_json)


@models.command("list")
def list_models(output: TableOrJson = "table", as_json: Json = False) -> None:
    """What there is, how large it is, and where it lies."""
    from evokd.cli.models import show_models

    show_models(form(output, as_json))


@models.command("get")
def get_model(name: ModelName) -> None:
    """Fetch a model from the hub, unless it is there.

    Its SHA-256 is checked before it is put in place; prints its path.
    """
    from evokd.cli.models import get_model as fetch

    fetch(name)


@models.command("path")
def path_of_model(name: ModelName) -> None:
    """Where a model lies; exits 2 if it is not there."""
    from evokd.cli.models import show_path

    show_path(name)
