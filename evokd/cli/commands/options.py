"""Arguments and options that several commands share: one type for each, no copy in a command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeVar

import typer

from evokd.cli.completing import config_files, run_directories, setting_keys
from evokd.cli.voice import Voice

ConfigFile = Annotated[
    Path,
    typer.Argument(metavar="CONFIG.yaml", help="The run's config.", autocompletion=config_files),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="a.b=c",
        autocompletion=setting_keys,
        help="Override a field; the value is YAML, paths are relative to the config file.",
    ),
]
RunArgument = Annotated[
    Path,
    typer.Argument(metavar="DIR", help="A run directory.", autocompletion=run_directories),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document; short of --format json.")]
TableOrJson = Annotated[Literal["table", "json"], typer.Option("--format")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print the end alone, and what went wrong.")
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Print every call: model, tokens, seconds.")
]
JsonAtTheEnd = Annotated[
    bool, typer.Option("--json", help="Print one JSON document at the end, and nothing else.")
]

Form = TypeVar("Form", bound=str)


def form(output: Form, as_json: bool) -> Form | Literal["json"]:
    """How the answer is printed.

    Raises:
        BadParameter: `--json` beside another `--format`.
    """
    if as_json and output not in ("table", "json"):
        raise typer.BadParameter(f"--json beside --format {output}: give one of them")
    return "json" if as_json else output


def voice(quiet: bool, verbose: bool, as_json: bool) -> Voice:
    """How much a command says while it works.

    Raises:
        BadParameter: two of the options at once.
    """
    asked: dict[Voice, bool] = {"quiet": quiet, "verbose": verbose, "json": as_json}
    given = [name for name, is_given in asked.items() if is_given]
    if len(given) > 1:
        raise typer.BadParameter(f"{' and '.join(f'--{name}' for name in given)}: give one of them")
    return given[0] if given else "usual"
