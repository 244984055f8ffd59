"""Commands that make a run: run, resume, plan, graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from evokd.cli.commands.options import (
    ConfigFile,
    Json,
    JsonAtTheEnd,
    Overrides,
    Quiet,
    RunArgument,
    TableOrJson,
    Verbose,
    form,
    voice,
)
from evokd.cli.commands.root import app
from evokd.cli.completing import config_files, limit_keys


@app.command("run")
def run(
    config: ConfigFile,
    overrides: Overrides = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Run directory, new or empty; else runs/NAME-TIME."),
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: JsonAtTheEnd = False,
) -> None:
    """Run a config from start to finish."""
    chosen = voice(quiet, verbose, as_json)
    from evokd.cli.run import begin

    raise typer.Exit(begin(config, overrides or (), out, chosen))


@app.command("resume")
def resume(
    directory: RunArgument,
    limits: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="a.b=c",
            autocompletion=limit_keys,
            help="New limits, budget.… and loop.rounds alone; a run that is done goes on.",
        ),
    ] = None,
    changed_data: Annotated[
        bool,
        typer.Option("--changed-data", help="Go on though a data file is not what it was."),
    ] = False,
    skip_open: Annotated[
        bool,
        typer.Option("--skip-open", help="Rows a person left open keep the agents' decision."),
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: JsonAtTheEnd = False,
) -> None:
    """Go on: after a crash, Ctrl-C, a review, or with new limits."""
    chosen = voice(quiet, verbose, as_json)
    from evokd.cli.run import go_on

    code = go_on(
        directory,
        changed_data=changed_data,
        limits=limits or (),
        skip_open=skip_open,
        voice=chosen,
    )
    raise typer.Exit(code)


@app.command("review")
def review(
    directory: RunArgument,
    listing: Annotated[
        bool, typer.Option("--list", help="Print the rows and their verdicts, ask nothing.")
    ] = False,
    output: TableOrJson = "table",
    as_json: Json = False,
) -> None:
    """Give a person's verdicts on the rows that a run waits for.

    One key each: a accepts, r rejects, 1 to 9 give another label (l asks for its name), s skips,
    b goes back, q ends. Each verdict is on file at once; without a terminal keys are read as lines.
    """
    from evokd.cli.review import show_review

    show_review(directory, listing, form(output, as_json))


@app.command("plan")
def plan(
    config: Annotated[
        Path,
        typer.Argument(
            metavar="CONFIG.yaml", help="A run's config, or a study.", autocompletion=config_files
        ),
    ],
    overrides: Overrides = None,
    output: TableOrJson = "table",
    as_json: Json = False,
) -> None:
    """Calls, tokens and price to expect of a run or a study."""
    from evokd.studies.grid.config import is_study

    output = form(output, as_json)
    if is_study(config):
        from evokd.cli.study_plan import show_study_plan

        show_study_plan(config, overrides or (), output)
        return
    from evokd.cli.plan import show_plan

    show_plan(config, overrides or (), output)


@app.command("graph")
def graph(
    config: ConfigFile,
    overrides: Overrides = None,
    output: Annotated[Literal["mermaid", "ascii"], typer.Option("--format")] = "mermaid",
) -> None:
    """Draw the state machine of a config."""
    from evokd.config import load_config
    from graph.draw import mermaid, text

    drawing = mermaid if output == "mermaid" else text
    typer.echo(drawing(load_config(config, overrides or ())).rstrip("\n"))
