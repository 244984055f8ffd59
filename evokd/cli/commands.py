"""The commands and their options. What they do stands in modules of its own, imported when run.

So `evokd --help` loads typer and nothing else of weight; `benchmarks/startup.py` holds it to that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

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

ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG.yaml", help="The run's config.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="a.b=c",
        help="Override a field; the value is YAML, paths are relative to the config file.",
    ),
]
RunArgument = Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")]


@app.callback(invoke_without_command=True)
def _evokd(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"evokd {installed('evokd')}")
        raise typer.Exit


@app.command("run")
def run(
    config: ConfigFile,
    overrides: Overrides = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Run directory, new or empty; else runs/NAME-TIME."),
    ] = None,
) -> None:
    """Run a config from start to finish."""
    from evokd.cli.run import begin

    raise typer.Exit(begin(config, overrides or (), out))


@app.command("resume")
def resume(
    directory: RunArgument,
    changed_data: Annotated[
        bool,
        typer.Option("--changed-data", help="Go on though a data file is not what it was."),
    ] = False,
) -> None:
    """Go on with a run after a crash or Ctrl-C."""
    from evokd.cli.run import go_on

    raise typer.Exit(go_on(directory, changed_data=changed_data))


@app.command("plan")
def plan(
    config: Annotated[
        Path, typer.Argument(metavar="CONFIG.yaml", help="A run's config, or a study.")
    ],
    overrides: Overrides = None,
    output: Annotated[Literal["table", "json"], typer.Option("--format")] = "table",
) -> None:
    """Calls, tokens and price to expect of a run or a study."""
    from evokd.studies.grid.config import is_study

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


@app.command("export")
def export(
    directory: RunArgument,
    output: Annotated[
        Literal["dataset", "csv", "parquet", "llamafactory"], typer.Option("--format")
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="New or empty.")],
) -> None:
    """Give a run to other tools.

    dataset: the accepted rows as a Hugging Face dataset folder with its card.
    csv, parquet: every call, every edge's freight and every trace event.
    llamafactory: of method dasd, the chosen responses with LLaMA-Factory's configs.
    """
    if output == "llamafactory":
        from evokd.cli.llamafactory import export_llamafactory

        export_llamafactory(directory, out)
        return
    from evokd.cli.export import export as write

    write(directory, output, out)


@app.command("predict")
def predict(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A run directory, or a student's folder.")
    ],
    text: Annotated[
        str | None, typer.Option(metavar="T", help="One text, instead of lines from stdin.")
    ] = None,
) -> None:
    """Use the trained student: lines of text in, JSON lines out.

    A line is a text, or a row of data in JSON (its columns are those of the run's config).
    Blank lines are skipped. Input is UTF-8; a line that is not ends the command and is named.
    """
    from evokd.cli.predict import answer

    answer(directory, text)


@app.command("study")
def study(
    study_file: Annotated[Path, typer.Argument(metavar="STUDY.yaml", help="The grid of runs.")],
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
) -> None:
    """Run a grid of runs: results, curves, tables and figures.

    The same command again goes on where it ended; finished cells are never run twice.
    """
    if ray is None:
        from evokd.studies.run.worker_start import prepare

        prepare()  # its imports take as long as ours, and go on beside them
    from evokd.cli.study import run_study

    raise typer.Exit(run_study(study_file, overrides or (), out, workers, ray, retry_failed))


@app.command("report")
def report(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A run directory, or a study's folder.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to write; else report.html (study.html) in DIR."),
    ] = None,
) -> None:
    """A run or a study as one HTML file.

    It needs no server and no network.
    """
    from evokd.cli.report import show_report

    show_report(directory, out)


@app.command("view")
def view(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A run directory, or a folder of runs or studies.")
    ],
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Where to listen; 0 takes any port.")
    ] = 7860,
) -> None:
    """Look at runs in the browser, live while they go on.

    Serves 127.0.0.1 alone, reads DIR alone, writes nothing.
    """
    from evokd.cli.view import view as serve

    serve(directory, port)


@app.command("doctor")
def doctor() -> None:
    """What is installed, reachable and verified.

    Nothing beyond this machine is contacted.
    """
    from evokd.cli.doctor import examine

    raise typer.Exit(examine())


models = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="The embedded teachers: what there is, get one, its path.",
)
app.add_typer(models, name="models")
ModelName = Annotated[str, typer.Argument(metavar="NAME", help="A name of the catalogue.")]


@models.callback(invoke_without_command=True)
def _models(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_models()


@models.command("list")
def list_models() -> None:
    """What there is, how large it is, and where it lies."""
    from evokd.cli.models import show_models

    show_models()


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
