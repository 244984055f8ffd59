"""The columns that `evokd init` goes by: as named, as guessed, or as a person says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evokd.cli.asking import Ask, say
from evokd.config import ConfigError
from evokd.tasks.guessing import (
    OTHER_KINDS,
    Column,
    ColumnGuess,
    guess_label,
    guess_text,
    header_fault,
    label_fault,
    other_kind,
)

Rows = Sequence[Mapping[str, Any]]


def check_header(path: Path, rows: Rows) -> None:
    """Refuse a CSV file without a line of column names, or with other separators."""
    if path.suffix.lower() in (".csv", ".tsv") and (fault := header_fault(list(rows[0]), rows)):
        raise ConfigError(f"{path}: {fault}")


def text_column(
    name: str | None, columns: Sequence[Column], rows: Rows, path: Path, ask: Ask | None
) -> str:
    """The column of the texts.

    Args:
        name: As the command line has it.
        columns: Of the file.
        rows: Of the file.
        path: The file, for messages.
        ask: A person, if there is one.

    Raises:
        ConfigError: no such column, or none that stands out and nobody to ask.
    """
    if name is not None:
        return _existing(name, columns, "--text")
    kind = other_kind(rows[0])
    if kind is not None:
        own = " and ".join(map(repr, OTHER_KINDS[kind]))
        raise ConfigError(
            f"{path}: columns {own} are a task of kind {kind}, and init writes classification"
            " alone: docs/design has configs of that kind; --text COLUMN takes one column all the"
            " same"
        )
    return _settled("text", guess_text(columns), columns, path, ask)


def label_column(
    name: str | None, columns: Sequence[Column], text: str, path: Path, ask: Ask | None
) -> str:
    """The column of the labels; `text` is that of the texts, the rest as in `text_column`.

    Raises:
        ConfigError: as there; a column of scores, of names, of one value.
    """
    if name is None:
        name = _settled("label", guess_label(columns, text), columns, path, ask)
    name = _existing(name, columns, "--label")
    if name == text:
        raise ConfigError(f"--label: {name!r} is the column of the texts")
    fault = label_fault(next(one for one in columns if one.name == name))
    if fault is not None:
        raise ConfigError(f"--label: {path}: column {name!r} {fault}")
    return name


def _existing(name: str, columns: Sequence[Column], flag: str) -> str:
    names = [one.name for one in columns]
    if name not in names:
        raise ConfigError(
            f"{flag}: no column {name!r} that has values; found {', '.join(map(repr, names))}"
        )
    return name


def _settled(
    what: str, guess: ColumnGuess, columns: Sequence[Column], path: Path, ask: Ask | None
) -> str:
    """The column that was guessed, or that a person names."""
    if guess.name is not None:
        say(f"{what}: column {guess.name!r}: {guess.why} (another: --{what} COLUMN)")
        return guess.name
    names = ", ".join(map(repr, guess.candidates)) or "none"
    if ask is None or not guess.candidates:
        raise ConfigError(
            f"{path}: which column is the {what}? {guess.why}: {names}; name it: --{what} COLUMN"
        )
    return _existing(
        ask(f"Which column is the {what} ({names})", guess.candidates[0]), columns, f"--{what}"
    )


def require_texts(rows: Rows, text: str, path: Path) -> None:
    """A row without a text ends a run; the reader of the task would name one at a time."""
    bad = [
        number
        for number, row in enumerate(rows, 1)
        if not isinstance(row.get(text), str) or not row[text].strip()
    ]
    if bad:
        raise ConfigError(
            f"{path}: {len(bad)} of {len(rows)} rows have no text in column {text!r}: row"
            f" {', '.join(map(str, bad[:5]))}{', …' if bad[5:] else ''}; take them out, or name"
            " another column (--text)"
        )
