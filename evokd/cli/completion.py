"""`evokd completion SHELL`: the script that lets a shell complete our commands.

The script calls `evokd` with a variable set, and typer answers; `evokd.cli` prepares it for that.
"""

from __future__ import annotations

from typing import Literal

Shell = Literal["bash", "zsh", "fish"]
PROGRAM, VARIABLE = "evokd", "_EVOKD_COMPLETE"

BASH = """\
_evokd_completion() {
    local IFS=$'\\n'
    COMPREPLY=( $( env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD \\
                   _EVOKD_COMPLETE=complete_bash "$1" 2>/dev/null ) )
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/=] ]]; then
        compopt -o nospace
    fi
}

complete -o default -F _evokd_completion evokd"""
"""typer's own would put a space behind a folder and behind the `=` of a setting."""


def script(shell: Shell) -> str:
    """The script of a shell."""
    from typer._completion_shared import get_completion_script

    if shell == "bash":
        return BASH
    return get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell)


def prepare() -> None:
    """Teach typer the scripts' way of asking, which it learns by itself only with its options."""
    from typer._completion_classes import completion_init

    completion_init()
