"""`evokd models`: the catalogue of embedded teachers, and fetching one."""

from __future__ import annotations

from typing import Any, Literal

import typer

from evokd.cli.screen import cell, dumps, show, table
from evokd.store.models import TEACHERS, get, known, state_of
from evokd.store.weights import models_folder, verified


def show_models(output: Literal["table", "json"] = "table") -> None:
    """Print the catalogue."""
    if output == "json":
        typer.echo(dumps([_as_json(name) for name in TEACHERS], indent=2))
    else:
        _print()


def _as_json(name: str) -> dict[str, Any]:
    weights, (state, path) = TEACHERS[name], state_of(name)
    return {
        "name": name,
        "parameters": weights.parameters,
        "bytes": weights.size,
        "licence": weights.licence,
        "state": state,
        "path": str(path) if state == "here" else None,
        "install": weights.install(name),
    }


def _print() -> None:
    styles = {"here": "green", "missing": "yellow", "wrong": "red"}
    made = table("name", ">parameters", ">size", "licence", "state")
    places = []
    for name, weights in TEACHERS.items():
        state, path = state_of(name)
        made.add_row(
            cell(name),
            parameters(weights.parameters),
            f"{weights.size / 1e6:,.0f} MB",
            cell(weights.licence),
            cell(state, styles[state]),
        )
        places.append(f"{name}: {path if state == 'here' else weights.install(name)}")
    show(made)
    show()
    for line in (*places, f"Models from the hub lie in {models_folder()}"):
        typer.echo(line)  # a path is for copying: never broken over lines


def get_model(name: str) -> None:
    """Fetch a model, unless it is there and right, and print its path.

    Raises:
        ConfigError: no such model, no hub, another hash.
    """
    typer.echo(str(get(name)))


def show_path(name: str) -> None:
    """Print where a model lies, alone on its line, for scripts.

    Raises:
        ConfigError: no such model, or one that is missing or wrong.
    """
    known(name)
    typer.echo(str(verified(name)))


def parameters(count: int) -> str:
    """`0.13B`."""
    return f"{count / 1e9:.2f}B"
