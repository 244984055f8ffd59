"""What a reader noted while reading: pass, fail and a free line, on a row or on a call of a run.

One JSON line a note in `notes.jsonl` beside the run, on the disk before the page answers; of
several on the same row or call the last one holds, and an empty one takes the earlier ones back.
Notes are for people: nothing that runs reads them (`tests/graph/test_notes_steer_nothing.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from evokd.config import ConfigError
from evokd.store.appended import append_line
from evokd.store.artefacts import dumps
from evokd.store.clock import now

NAME = "notes.jsonl"
NoteKind = Literal["row", "call"]
KINDS: tuple[NoteKind, ...] = get_args(NoteKind)
NoteVerdict = Literal["pass", "fail", ""]
VERDICTS: tuple[NoteVerdict, ...] = get_args(NoteVerdict)
MOST_TEXT = 1_000
"""Characters of a free line."""
MOST_ID = 200
"""Characters of an id; the longest of ours has 36."""
MOST_BYTES = 64_000_000
"""Of the file: it takes no further note then."""


@dataclass(frozen=True, slots=True)
class Note:
    """What was noted of a row or a call."""

    kind: NoteKind
    id: str
    verdict: NoteVerdict = ""
    """Empty: neither."""
    text: str = ""
    """One line."""
    at: str = ""
    """UTC, ISO 8601."""

    @property
    def is_empty(self) -> bool:
        """It takes back what was noted before."""
        return not self.verdict and not self.text

    @property
    def mark(self) -> str:
        """In a word: `pass`, `fail`, or `noted` of a line alone."""
        return self.verdict or "noted"


def append_note(folder: Path, note: Note) -> Note:
    """Write a note to a run's file; it is on the disk when this returns.

    Args:
        folder: The run directory.
        note: Its text may have several lines, which become one.

    Returns:
        The note as it was written.

    Raises:
        ConfigError: it is too long, or the file can't be written.
    """
    text = " ".join(note.text.split())
    if len(text) > MOST_TEXT:
        raise ConfigError(
            f"A note has at most {MOST_TEXT:,} characters; this one has {len(text):,}."
        )
    if note.kind not in KINDS or note.verdict not in VERDICTS or not 0 < len(note.id) <= MOST_ID:
        raise ConfigError("A note is `pass`, `fail` or a line, on a row or a call.")
    file = folder / NAME
    if file.exists() and file.stat().st_size > MOST_BYTES:
        raise ConfigError(f"{file}: is full; move it away to begin a new one")
    written = Note(note.kind, note.id, note.verdict, text, note.at or now())
    append_line(file, dumps(asdict(written)))
    return written


def note_of(found: Mapping[str, Any]) -> Note | None:
    """A note out of a line of the file; None where it is none. Its text is cut to what fits."""
    kind, name = found.get("kind"), found.get("id")
    verdict, text, at = (found.get(key) or "" for key in ("verdict", "text", "at"))
    words = isinstance(name, str) and isinstance(text, str) and isinstance(at, str)
    if (
        kind not in KINDS
        or verdict not in VERDICTS
        or not words
        or not 0 < len(str(name)) <= MOST_ID
    ):
        return None
    return Note(
        kind, str(name), verdict, " ".join(text[: 2 * MOST_TEXT].split())[:MOST_TEXT], at[:40]
    )
