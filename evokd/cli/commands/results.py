"""Commands that use what a run has left: export, push, predict, report, view."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from evokd.cli.commands.options import Json, RunArgument, TableOrJson, form
from evokd.cli.commands.root import app
from evokd.cli.completing import run_directories


@app.command("export")
def export(
    directory: RunArgument,
    output: Annotated[
        Literal["onnx", "static", "gguf", "dataset", "csv", "parquet", "llamafactory"],
        typer.Option("--format"),
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="New or empty.")],
    quantize: Annotated[
        Literal["int8"] | None, typer.Option(help="Of onnx and gguf: round the weights.")
    ] = None,
    limit: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Of onnx and static: largest share of test rows whose answer may change; else"
            " 0.002, with int8 0.05, static 0.25.",
        ),
    ] = None,
    abstain_below: Annotated[
        float | None,
        typer.Option(metavar="P", help="Of onnx and static: kept for predict and serve."),
    ] = None,
    notes: Annotated[
        bool,
        typer.Option("--notes", help="Of dataset: what readers noted, as columns of its rows."),
    ] = False,
) -> None:
    """Give a run to other tools.

    onnx: the student as one ONNX file, held against it on the test rows.
    static: a table of words distilled from it; the smallest and fastest, for one text and classes.
    gguf: of method dasd, the student for llama.cpp.
    dataset: the accepted rows as a Hugging Face dataset folder with its card.
    csv, parquet: every call, every edge's freight and every trace event.
    llamafactory: of method dasd, the chosen responses with LLaMA-Factory's configs.
    """
    if notes and output != "dataset":
        raise typer.BadParameter("--notes: goes with --format dataset")
    if output == "onnx" or output == "static" or output == "gguf":
        from evokd.cli.export_student import export_to
        from evokd.runs.exporting import ExportPlan

        export_to(directory, ExportPlan(output, quantize, limit, abstain_below), out)
        return
    of_student = {"quantize": quantize, "limit": limit, "abstain-below": abstain_below}
    for name, value in of_student.items():
        if value is not None:
            raise typer.BadParameter(f"--{name}: goes with --format onnx, static or gguf")
    if output == "llamafactory":
        from evokd.cli.llamafactory import export_llamafactory

        export_llamafactory(directory, out)
        return
    from evokd.cli.export import export as write

    write(directory, output, out, notes=notes)


@app.command("push")
def push(
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="A run directory, a student's folder, or an exported one.",
            autocompletion=run_directories,
        ),
    ],
    to: Annotated[str, typer.Option(metavar="OWNER/NAME", help="The repository on the hub.")],
    dataset: Annotated[
        bool, typer.Option("--dataset", help="The run's accepted rows instead of its student.")
    ] = False,
    private: Annotated[
        bool, typer.Option("--private", help="Make it private; a public one is refused.")
    ] = False,
    with_real_texts: Annotated[
        bool,
        typer.Option("--with-real-texts", help="Of rows, those that people wrote go along."),
    ] = False,
    intervals: Annotated[
        bool,
        typer.Option("--intervals", help="Ask the student its test rows again, for intervals."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Push; else it is only shown.")] = False,
    output: TableOrJson = "table",
    as_json: Json = False,
) -> None:
    """Put a student or its rows on the Hugging Face hub.

    Without --yes a dry run: every file, the card and what would be refused; nobody is contacted.
    The token is HF_TOKEN or that of `hf auth login`; HF_ENDPOINT names another hub.
    """
    from evokd.cli.push import PushOptions
    from evokd.cli.push import push as carry

    options = PushOptions(to, dataset, private, with_real_texts, intervals, yes)
    raise typer.Exit(carry(directory, options, form(output, as_json)))


@app.command("predict")
def predict(
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="A run directory, a student's folder, or an exported one.",
            autocompletion=run_directories,
        ),
    ],
    text: Annotated[
        list[str] | None,
        typer.Option(metavar="T", help="A text, instead of lines from stdin; may be repeated."),
    ] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Say how probable each label is.")
    ] = False,
    abstain_below: Annotated[
        float | None,
        typer.Option(metavar="P", help="Least confidence of an answer: below it label is null."),
    ] = None,
) -> None:
    """Use the trained student: lines of text in, JSON lines out.

    A line is a text, or a row of data in JSON (its columns are those of the run's config).
    Blank lines are skipped. Input is UTF-8; a line that is not ends the command and is named.
    """
    from evokd.cli.predict import answer

    answer(directory, text or [], probabilities=probabilities, abstain_below=abstain_below)


@app.command("forecast")
def forecast(
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="A run directory, or a study's folder.",
            autocompletion=run_directories,
        ),
    ],
    target: Annotated[
        float | None,
        typer.Option(metavar="S", help="Of a run: how many tokens to this score?"),
    ] = None,
    gain: Annotated[
        list[float] | None,
        typer.Option(
            metavar="G",
            help="Of a study: replay loop.stop_below_gain with this value; may be repeated.",
        ),
    ] = None,
    output: TableOrJson = "table",
    as_json: Json = False,
) -> None:
    """What a curve promises: its limit, and the next tokens' gain.

    Of a study: that for each arm, and how often stopping rules would have been right.
    """
    from evokd.cli.forecast import show_forecast

    show_forecast(directory, target, gain or (), form(output, as_json))


@app.command("report")
def report(
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="A run directory, or a study's folder.",
            autocompletion=run_directories,
        ),
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
        Path,
        typer.Argument(
            metavar="DIR",
            help="A run directory, or a folder of runs or studies.",
            autocompletion=run_directories,
        ),
    ],
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Where to listen; 0 takes any port.")
    ] = 7860,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="Of this machine; others than loopback ask for a token."
        ),
    ] = "127.0.0.1",
    open_browser: Annotated[bool, typer.Option("--open", help="Open the browser.")] = False,
) -> None:
    """Look at runs in the browser, live while they go on.

    Serves this machine alone, unless told otherwise; reads DIR alone. All that it writes is a
    person's verdicts (`evokd review`) and notes, from who has the token that it prints.
    """
    from evokd.cli.view import view as serve

    serve(directory, port, host, open_browser)
