"""What the files of a run say of one row beyond its events: attributes, distribution, weight.

synthetic.jsonl has a line for each accepted row, drafts.jsonl of the round one for every text, and
weights.json the factors of the round's fit. All is read without trust; what is not there is left
out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evokd.runs.cache import FileCache
from evokd.runs.files import MOST_BYTES, Unreadable, json_of, own
from evokd.runs.row_history import RowHistory
from evokd.runs.row_words import MARKS
from evokd.runs.run import Run, mapping, number

MEASURED = ("probability", "agreement", "student_probability", "value", "score")
"""Numbers of a line that the page shows, by their names in the file."""
_KEPT = FileCache(64)


@dataclass(frozen=True)
class RowFile:
    """What the files say of a row."""

    attributes: Mapping[str, str] = field(default_factory=dict)
    """What its writer was told to give it, by dimension (AttrPrompt, lean)."""
    level: int | None = None
    """How difficult it was to be (`loop.difficulty`)."""
    distribution: Mapping[str, float] = field(default_factory=dict)
    """Label → probability by the votes, the most probable first."""
    measured: Mapping[str, float] = field(default_factory=dict)
    """By name in `MEASURED`."""
    kept: bool | None = None
    """Whether `loop.keep` let it stay; None: nobody chose."""
    person: str | None = None
    """The label that a person gave it."""
    weight: float | None = None
    """Factor of its loss in its round's fit; None: it counted like all others."""


def read_row_file(run: Run, row: RowHistory) -> RowFile:
    """What the files of the run say of a row; an empty answer where they say nothing."""
    line = _line(run, "synthetic.jsonl", row.id)
    draft = line or _line(run, f"rounds/{row.round:03d}/drafts.jsonl", row.id)
    level, kept, person = draft.get("level"), line.get("kept"), line.get("person")
    return RowFile(
        attributes={str(key): str(one) for key, one in mapping(draft.get("attributes")).items()},
        level=level if isinstance(level, int) else None,
        distribution=dict(sorted(_numbers(line.get("distribution")), key=lambda pair: -pair[1])),
        measured={key: one for key in MEASURED if (one := number(line.get(key))) is not None},
        kept=kept if isinstance(kept, bool) else None,
        person=person if isinstance(person, str) else None,
        weight=_weight(run, row),
    )


def mark_of(run: Run, where: int, row: str) -> str:
    """How the analyst of a round was shown a row: a key of `MARKS`; "" where no file says it."""
    name = f"rounds/{where:03d}/analysis.json"

    def read() -> dict[str, str]:
        try:
            rows = json_of(run.path, name).get("rows")
        except Unreadable:
            return {}
        known = [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
        return {str(one.get("row")): str(one.get("mark") or "") for one in known}

    found = _KEPT.get((run.path, where), [run.path / name], read).get(row, "")
    return found if found in MARKS else ""


def _line(run: Run, name: str, row: str) -> dict[str, Any]:
    """The line of a row; only lines that hold its id are read as JSON: there may be 100,000."""
    named = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace")
    try:
        path = own(run.path, name)
        if path.stat().st_size > MOST_BYTES:
            return {}
        with path.open("rb") as file:
            for line in file:
                found = _of(line, row) if named in line else None
                if found is not None:
                    return found
    except (Unreadable, OSError):
        pass
    return {}


def _of(line: bytes, row: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("row") == row else None


def _weight(run: Run, row: RowHistory) -> float | None:
    try:
        return number(json_of(run.path, f"rounds/{row.round:03d}/weights.json").get(row.id))
    except Unreadable:
        return None


def _numbers(found: Any) -> list[tuple[str, float]]:
    pairs = mapping(found).items()
    return [(str(key), one) for key, raw in pairs if (one := number(raw)) is not None]
