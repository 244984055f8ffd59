"""`evokd agent`: a short, complete guide for coding agents, as Markdown.

Commands and the meaning of keys come out of the code; what stands in files, and what trips people
up, is told in `evokd.cli.agent_facts`. A test holds all of it against the code and a real run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import typer

from evokd.cli.agent_facts import (
    COLUMNS,
    FILES,
    INTRO,
    KEYS,
    READING,
    ROUND_FILES,
    TRAPS,
    WORKFLOW,
)
from evokd.cli.commands import app
from evokd.cli.exits import DONE, FAILED, INTERRUPTED, USAGE
from evokd.cli.reference import commands, object_of
from evokd.cli.schema import Schema, run_schema
from graph.methods import METHODS

EXITS: Mapping[int, str] = {
    DONE: "done, also when a budget ended the run",
    FAILED: "failed: the run, an endpoint, the hub; the message says whether the same command or"
    " `evokd resume` goes on",
    USAGE: "wrong usage, config or data: one message on stderr names the field and what was"
    " expected; nothing was spent",
    INTERRUPTED: "interrupted in order; `evokd resume` goes on",
}


def guide() -> str:
    """The whole guide."""
    parts = [
        f"# evokd, for coding agents\n\n{INTRO}",
        f"## From data to a student\n\n{WORKFLOW}",
        _section("Commands", _commands()),
        "## Config\n\nYAML; unknown keys are refused; `evokd schema` has all of it. Keys most used,"
        " each as `--set` takes it (the value is YAML):",
        "\n".join(_keys(run_schema())),
        f"Methods: {', '.join(f'`{name}`' for name in METHODS.ours)}.",
        _section("Files of a run directory", _files(FILES)),
        _section("Files of each round, `rounds/NNN/`", _files(ROUND_FILES)),
        _section("Columns and keys", _files(COLUMNS)),
        _section("Exit codes", (f"- {code}: {said}" for code, said in EXITS.items())),
        _section("Reading results", (f"- {line}" for line in READING)),
        _section("Traps", (f"- {line}" for line in TRAPS)),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, lines: Iterator[str]) -> str:
    return f"## {title}\n\n" + "\n".join(lines)


def _files(named: Mapping[str, str]) -> Iterator[str]:
    return (f"- `{name}`: {said}" for name, said in named.items())


def _commands() -> Iterator[str]:
    """A line each: how it is called, and the first paragraph of its help."""
    for name, command in commands(typer.main.get_command(app), "evokd"):
        context = command.context_class(command, info_name=name)
        records = (one.get_help_record(context) for one in command.params)
        words = " ".join((name, *(_spelt(*record) for record in records if record)))
        does = " ".join((command.help or "").strip().split("\n\n")[0].split())
        yield f"- `{words}`: {does}"


def _spelt(shown: str, told: str) -> str:
    """An argument or an option as one writes it, the long name of two; optional in brackets."""
    words = shown.rpartition(", ")[2]
    if not words.startswith("-") and " " in words:  # an argument, and its type behind it
        words, _, kind = words.rpartition(" ")
        words = kind if "|" in kind else words
    words = re.sub(r"<(.*)>", r"\1", words)
    return words if "[required]" in told else f"[{words}]"


def _keys(schema: Schema) -> Iterator[str]:
    for key, value in KEYS.items():
        yield f"- `{key}={value}`: {_first(described(schema, key))}"


def described(schema: Schema, key: str) -> str:
    """The meaning of a key, `loop.rounds`, out of the schema.

    Raises:
        KeyError: there is no such key.
    """
    place, found = schema, schema
    for part in key.split("."):
        found = place["properties"][part]
        place = (object_of(schema, found) or ("", found))[1]
    return str(found.get("description") or place.get("description") or "")


def _first(text: str) -> str:
    """Up to the end of the first sentence or clause, without a bracket that is cut open."""
    first = text.split(". ")[0].split("; ")[0].rstrip(".")
    return first.rpartition(" (")[0] if first.count("(") > first.count(")") else first
