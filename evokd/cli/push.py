"""`evokd push`: what would go to the hub, and with `--yes` its way there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import typer

from evokd.cli.exits import DONE, USAGE, complain
from evokd.cli.screen import cell, dumps, harmless, remark, show, table
from evokd.config import ConfigError
from evokd.hub.address import NO_TOKEN, endpoint_of, repo_of, take_token, token_source
from evokd.hub.parcel import Parcel
from evokd.hub.rows_parcel import rows_parcel
from evokd.hub.sending import Pushed, send
from evokd.hub.student_parcel import student_parcel
from evokd.runs.formatting import several


@dataclass(frozen=True)
class PushOptions:
    """What the command line says."""

    to: str
    dataset: bool
    private: bool
    with_real_texts: bool
    intervals: bool
    yes: bool

    def parcel(self, directory: Path) -> Parcel:
        """What they ask for.

        Raises:
            ConfigError: an option that needs another, a name that is none, nothing there.
        """
        if self.with_real_texts and not self.dataset:
            raise ConfigError("--with-real-texts: is about rows, so it needs --dataset")
        if self.intervals and self.dataset:
            raise ConfigError("--intervals: is about a student's scores; leave out --dataset")
        repo = repo_of(self.to, "dataset" if self.dataset else "model", self.private)
        if self.dataset:
            return rows_parcel(directory, repo, self.with_real_texts)
        return student_parcel(directory, repo, self.intervals)


def push(directory: Path, options: PushOptions, output: Literal["table", "json"]) -> int:
    """Show a push, or carry it out; gives the exit code: 2 where something is refused.

    Raises:
        ConfigError: see `PushOptions.parcel`; no token.
        HubError: the hub refused or failed.
    """
    endpoint = endpoint_of()
    token = take_token() if options.yes else ""  # before the work of packing
    parcel = options.parcel(directory)
    pushed = None
    if options.yes and not parcel.refused:
        if output == "table":
            _tell(parcel, endpoint)
        pushed = send(parcel, endpoint, token, remark)
    if output == "json":
        typer.echo(dumps(_document(parcel, endpoint, pushed), indent=2))
    elif pushed is None:
        _show(parcel, endpoint)
    if pushed is not None:
        _end(pushed, output)
    for reason in parcel.refused:
        complain(f"refused: {reason}")
    return USAGE if parcel.refused else DONE


def _document(parcel: Parcel, endpoint: str, pushed: Pushed | None) -> dict[str, Any]:
    repo = parcel.repo
    return {
        "repo": repo.name,
        "type": repo.kind,
        "private": pushed.private if pushed else repo.private,
        "url": repo.url(endpoint),
        "token": token_source(),
        "files": [{"path": piece.name, "bytes": piece.size} for piece in parcel.pieces],
        "left_out": [{"path": name, "why": why} for name, why in parcel.left_out],
        "refused": list(parcel.refused),
        "notes": list(parcel.notes),
        "card": parcel.card,
        "pushed": pushed is not None,
        "commit": pushed.commit if pushed else None,
        "changed": pushed.changed if pushed else None,
    }


def _show(parcel: Parcel, endpoint: str) -> None:
    """The dry run: the card first, so that what counts stands at the end."""
    typer.echo(f"{harmless(parcel.card, lines=True)}\n")
    files = table("file", ">size", "")
    for piece in parcel.pieces:
        files.add_row(cell(piece.name), _bytes(piece.size), cell(piece.note))
    show(files)
    for name, why in parcel.left_out:
        show(f"stays here: {name} ({why})")
    show()
    _tell(parcel, endpoint)
    source = token_source()
    typer.echo(f"token: {source} (not shown, not tried)" if source else NO_TOKEN)
    for note in parcel.notes:
        show(f"note: {note}")
    if not parcel.refused:
        show("dry run: nothing was sent; the same command with --yes sends it")


def _tell(parcel: Parcel, endpoint: str) -> None:
    repo = parcel.repo
    seen = "private" if repo.private else "public (one that is there stays as it is)"
    clear = " (not encrypted)" if endpoint.startswith("http://") else ""
    show(f"{parcel.title}: {several(len(parcel.pieces), 'file')}, {_bytes(parcel.size)}")
    typer.echo(harmless(f"to {repo.url(endpoint)}{clear}, a {repo.kind}, {seen}"))


def _end(pushed: Pushed, output: Literal["table", "json"]) -> None:
    for text in pushed.remarks:
        remark(f"the hub says: {text}")
    if output == "table":
        done = "pushed" if pushed.changed else "nothing new: the hub has all of it already"
        seen = "private" if pushed.private else "public"
        typer.echo(harmless(f"{done}: {pushed.url} ({seen}, commit {pushed.commit[:12]})"))


def _bytes(size: int) -> str:
    """1.2 MB; thousands are kB."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size} B"
