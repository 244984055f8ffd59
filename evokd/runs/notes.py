"""The notes of a run, read without trust: the last one of each row and call."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evokd.runs.cache import FileCache
from evokd.runs.files import Unreadable, own, text_of
from evokd.store.notes import MOST_BYTES, NAME, Note, NoteKind, note_of

WANTED = ("pass", "fail", "any")
"""Values of a filter: rows or calls with that verdict, or with any note."""
_KEPT = FileCache(64)


@dataclass(frozen=True)
class Notes:
    """What was noted of a run."""

    by_id: Mapping[tuple[NoteKind, str], Note] = field(default_factory=dict)
    """Kind and id → the last note, in the order of writing; none that was taken back."""
    remark: str | None = None
    """What could not be read."""

    def get(self, kind: NoteKind, name: str) -> Note | None:
        """The note on a row or a call."""
        return self.by_id.get((kind, name))

    def fits(self, kind: NoteKind, name: str, wanted: str) -> bool:
        """Whether a row or a call passes a filter (`WANTED`); "" lets all through."""
        if not wanted:
            return True
        note = self.get(kind, name)
        return note is not None and wanted in ("any", note.verdict)

    def ids(self, kind: NoteKind, wanted: str) -> list[str]:
        """The rows or calls that pass a filter."""
        return [name for key, name in self.by_id if key == kind and self.fits(key, name, wanted)]

    @property
    def counts(self) -> Counter[str]:
        """Notes by their mark."""
        return Counter(note.mark for note in self.by_id.values())


def read_notes(folder: Path) -> Notes:
    """A run's notes; none where nobody wrote any. Damaged lines are counted in the remark."""
    return _KEPT.get(folder, [folder / NAME], lambda: _read(folder))


def _read(folder: Path) -> Notes:
    try:
        if not (folder / NAME).exists():
            return Notes()
        if own(folder, NAME).stat().st_size > 2 * MOST_BYTES:
            return Notes(remark=f"{NAME}: is too large to be ours")
        lines = text_of(folder, NAME).split("\n")
    except (Unreadable, OSError) as problem:
        return Notes(remark=str(problem))
    found: dict[tuple[NoteKind, str], Note] = {}
    bad = 0
    for line in filter(str.strip, lines):
        note = _note(line)
        if note is None:
            bad += 1
            continue
        found.pop((note.kind, note.id), None)  # one that is said again counts from then
        if not note.is_empty:
            found[note.kind, note.id] = note
    some = "a line" if bad == 1 else f"{bad} lines"
    return Notes(found, f"{NAME}: {some} can't be read and stay out" if bad else None)


def _note(line: str) -> Note | None:
    try:
        found = json.loads(line)
        return note_of(found) if isinstance(found, dict) else None
    except (ValueError, TypeError, RecursionError):  # a verdict may be a list, too
        return None
