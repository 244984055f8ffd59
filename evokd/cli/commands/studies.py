"""The command that runs a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evokd.cli.commands.options import JsonAtTheEnd, Quiet, Verbose, voice
from evokd.cli.commands.root import app
from evokd.cli.completing import config_files


@app.command("study")
def study(
    study_file: Annotated[
        Path,
        typer.Argument(metavar="STUDY.yaml", help="The grid of runs.", autocompletion=config_files),
    ],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="a.b=c", help="Override a field of the study file."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The study's folder; else studies/NAME."),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, metavar="N", help="Local processes, each with cores of its own.")
    ] = 1,
    ray: Annotated[
        str | None,
        typer.Option(metavar="auto|ADDRESS", help="Run the cells on this Ray cluster instead."),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try failed cells again.")
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: JsonAtTheEnd = False,
) -> None:
    """Run a grid of runs: results, curves, tables and figures.

    The same command again goes on where it ended; finished cells are never run twice.
    """
    chosen = voice(quiet, verbose, as_json)
    if verbose and ray is not None:
        raise typer.BadParameter("--verbose beside --ray: nodes of a cluster send no calls")
    if ray is None:
        from evokd.studies.run.worker_start import prepare

        prepare()  # its imports take as long as ours, and go on beside them
    from evokd.cli.study import run_study

    raise typer.Exit(
        run_study(study_file, overrides or (), out, workers, ray, retry_failed, chosen)
    )
