"""Commands about this machine: doctor."""

from __future__ import annotations

import typer

from evokd.cli.commands.options import Json, TableOrJson, form
from evokd.cli.commands.root import app


@app.command("doctor")
def doctor(output: TableOrJson = "table", as_json: Json = False) -> None:
    """What is installed, reachable and verified.

    Nothing beyond this machine is contacted.
    """
    from evokd.cli.doctor import examine

    raise typer.Exit(examine(form(output, as_json)))
