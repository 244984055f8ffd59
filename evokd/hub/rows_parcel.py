"""A run's accepted rows as a parcel: a data set with its card."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evokd.config import ConfigError
from evokd.hub.address import Repo
from evokd.hub.card import FOLDER
from evokd.hub.held_out import HeldOut, read_held_out
from evokd.hub.machine import names_here, without
from evokd.hub.parcel import CARD, Parcel, Piece
from evokd.runs.data_card import accepted_rows, data_card, real_rows
from evokd.runs.run import read_run
from evokd.store.dataset import write_dataset
from evokd.store.markdown import line
from evokd.store.run_dir import RunDir

SHOWN = 5
"""Rows that a refusal names."""


def rows_parcel(directory: Path, repo: Repo, with_real_texts: bool) -> Parcel:
    """Everything of a run's rows that would go.

    Args:
        directory: The run.
        repo: Where to.
        with_real_texts: Rows whose text people wrote go along.

    Raises:
        ConfigError: no run there, or none of its rows was accepted.
    """
    run = RunDir.open(directory)
    rows = accepted_rows(run)
    head = read_run(run.path)
    names = names_here(head.config, run.path)
    held_out, reason = read_held_out(run.path)
    pieces = tuple(_pieces(run, rows, repo, names))
    notes = []
    if held_out is None:
        notes.append(
            f"rows were not compared with test rows again, which can't be read here ({reason});"
            " the run itself removed those that equal one"
        )
    if head.status != "done":
        notes.append(f"the run is not done (status: {head.status}); these are its rows so far")
    refused = (*_real(rows, with_real_texts), *_known(rows, held_out))
    title = line(f"rows of {head.config.get('name', head.name)}")
    return Parcel(repo, title, pieces, refused=refused, notes=tuple(notes))


def _pieces(
    run: RunDir, rows: list[dict[str, Any]], repo: Repo, names: Mapping[str, str]
) -> Iterator[Piece]:
    """The files that `evokd export` would write, the card for its place on the hub."""
    with tempfile.TemporaryDirectory(prefix="evokd-push-") as scratch:
        folder = Path(scratch)
        try:
            write_dataset(folder, rows, data_card(run, rows))
        except OSError as error:
            raise ConfigError(f"{scratch}: can't be written ({error})") from None
        card = (folder / CARD).read_text(encoding="utf-8").replace(FOLDER, repo.name)
        yield Piece(CARD, without(names, card).encode("utf-8"), "the card")
        for path in sorted(folder.rglob("*.parquet")):
            yield Piece(path.relative_to(folder).as_posix(), path.read_bytes())


def _real(rows: Sequence[Mapping[str, Any]], allowed: bool) -> Iterator[str]:
    real = real_rows(rows)
    if real and not allowed:
        yield (
            f"{len(real):,} of {len(rows):,} rows are texts that people wrote (out of a pool, or"
            " edits of seed texts), and no licence says that they may be passed on. If it is yours"
            " to say, --with-real-texts sends them along"
        )


def _known(rows: Sequence[Mapping[str, Any]], held_out: HeldOut | None) -> Iterator[str]:
    found = held_out.equal(rows) if held_out else []
    if found:
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        yield (
            f"{len(found):,} rows equal a test or dev row, and those never go:"
            f" {', '.join(found[:SHOWN])}{more}"
        )
