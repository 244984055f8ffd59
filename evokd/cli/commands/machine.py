"""Commands about this machine and who sits at it: doctor, completion, agent."""

from __future__ import annotations

from typing import Annotated, Literal

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


@app.command("completion")
def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="Which shell.")],
) -> None:
    """Print a shell's completion script.

    bash: eval "$(evokd completion bash)", in ~/.bashrc; zsh: the same in ~/.zshrc, after compinit;
    fish: evokd completion fish > ~/.config/fish/completions/evokd.fish
    """
    from evokd.cli.completion import script

    typer.echo(script(shell))


@app.command("agent")
def agent() -> None:
    """Print a short guide for coding agents.

    Markdown: commands, files of a run, the keys most used, exit codes, how to read results, traps.
    """
    from evokd.cli.agent import guide

    typer.echo(guide(), nl=False)
