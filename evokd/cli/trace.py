"""`evokd trace`: what the agents said and what became of it, out of events.sqlite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import typer

from evokd.cli.chain import show_chain
from evokd.cli.lines import endpoint_of, line_of
from evokd.cli.overview import show_rounds
from evokd.cli.screen import cell, dumps, field, harmless, show
from evokd.config import ConfigError
from evokd.runs.chain_document import chain_events, document
from evokd.runs.formatting import count
from evokd.runs.lineage import Lineage
from evokd.runs.run import read_run
from evokd.store.event_log import read_events
from evokd.store.events import Called, Event
from evokd.store.run_dir import RunDir

SHOWN = 600
"""Characters of a prompt or a reply in a table; JSON holds all of them."""


def show_trace(
    directory: Path,
    number: int | None,
    agent: str | None,
    row: str | None,
    output: Literal["table", "json"],
) -> None:
    """Print the events asked for, or a reading of them.

    Raises:
        ConfigError: no run there, or nothing in it by that name.
    """
    run = RunDir.open(directory)
    try:
        _show(run, number, agent, row, output)
    except (FileNotFoundError, sqlite3.OperationalError):  # killed before it began to write
        raise ConfigError(f"{directory}: this run has no events yet") from None


def _show(run: RunDir, number: int | None, agent: str | None, row: str | None, output: str) -> None:
    where: dict[str, Any] = {}
    if number is not None:
        where["round"] = number
    if agent is not None:
        where["node"] = agent
    if row is not None:
        _show_row(run, row, where, output)
        return
    events = read_events(run.events, **where)
    if output == "json":
        print_json(events)
    elif agent is not None:
        _show_agent(run, agent, events)
    else:
        show_rounds(events, number, _names(run))


def _show_row(run: RunDir, row: str, where: dict[str, Any], output: str) -> None:
    """The chain of a row, both ways; with a round or an agent as well, its events there alone."""
    with Lineage(run) as lineage:
        back, forward = lineage.back(row), lineage.forward(row)
        if back is None or forward is None:
            raise ConfigError(
                f"--row {row}: no such row in this run; ids look like r001-h003, and those of"
                " seed shots like train-12"
            )
        events = [event for event in chain_events(back) if _fits(event, where)]
        if where and output == "json":
            print_json(events)
        elif output == "json":
            typer.echo(dumps(document(back, forward), indent=2))
        elif "node" in where:
            _show_agent(run, where["node"], events)
        elif where and not events:
            raise ConfigError(f"--round {where['round']}: row {row} has no part in it")
        else:
            show_chain(lineage, back, forward, _names(run))


def _names(run: RunDir) -> Sequence[str]:
    return read_run(run.path).score_names


def print_json(events: Iterable[Event]) -> None:
    """A JSON list of the events as written, one a line, as they are read."""
    separator = "["
    for event in events:
        typer.echo(f"{separator}\n{dumps(event.model_dump(mode='json'), sort=True)}", nl=False)
        separator = ","
    typer.echo("\n]" if separator == "," else "[]")


def _fits(event: Event, where: dict[str, Any]) -> bool:
    return all(getattr(event, name) == value for name, value in where.items())


def _show_agent(run: RunDir, agent: str, events: Iterable[Event]) -> None:
    """A node's calls; for a node that makes none, what it did."""
    any_event = any_call = False
    others: list[str] = []
    for event in events:
        any_event = True
        if isinstance(event, Called):
            any_call = True
            show_call(event)
        elif not any_call and (line := line_of(event, None, _names(run))):
            others.append(line)
    if not any_event:
        known = sorted({event.node for event in read_events(run.events, type="node_started")})
        raise ConfigError(
            f"--agent {agent}: nothing by that name here; nodes of this run: {', '.join(known)}"
        )
    if not any_call:
        show(f"{agent} makes no calls.")
        for line in others:
            show(line)


def show_call(event: Called) -> None:
    """Head, last user message and reply of one attempt."""
    tokens = f"{count(event.prompt_tokens)} + {count(event.completion_tokens)} tokens"
    head = (
        f"round {event.round}  {event.source} → {event.node}  {event.slot}  attempt {event.attempt}"
    )
    show(cell(head, "bold"))
    call = (event.call or "")[:8]
    show(f"call {call}  {endpoint_of(event)}  {event.status}  {tokens}  {event.seconds:.2f} s")
    asked = [text for role, text in event.messages if role == "user"]
    _quote("prompt", asked[-1] if asked else "")
    if event.reply is not None:
        _quote("reply", event.reply)
    if event.error is not None:
        _quote("error", event.error)
    show()


def _quote(name: str, text: str) -> None:
    """A block of text with its line breaks, cut."""
    kept = harmless(text, lines=True)
    if len(kept) > SHOWN:
        kept = f"{kept[:SHOWN].rstrip()}… ({count(len(kept))} characters)"
    field(name, kept, lines=True)
