"""Arguments and options that several commands share: one type for each, no copy in a command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
