"""The synthetic data set: its rows, classes by round, and how much its words vary."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from evokd.runs.cache import FileCache
from evokd.runs.files import lines_as
from evokd.runs.run import Run, number
from evokd.tasks.distinct import distinct, words_of


@dataclass(frozen=True, slots=True)
class SyntheticRow:
    """An accepted row."""

    row: str
    round: int
    kind: str
    label: str
    intended: str
    text: str
    probability: float | None
    agreement: float | None
    call: str
    """The call that wrote it."""
    level: float | None = None
    """How difficult it was to be (`loop.difficulty`)."""
    score: float | None = None
    """What `loop.keep` thinks of it; higher is kept."""
    kept: bool = True
    """False: `loop.keep` left it out of training."""


@dataclass(frozen=True)
class Diversity:
    """How a round's accepted texts vary; shares are in [0, 1]."""

    round: int
    rows: int
    words: float | None
    """Mean length in words; in characters for scripts without spaces."""
    distinct_1: float | None
    """Different words per word, see `evokd.tasks.distinct`."""
    distinct_2: float | None
    """Different pairs of neighbours per pair."""
    fresh: float | None
    """Share of the round's different words that no earlier round used."""


_KEPT = FileCache(4)


def read_dataset(run: Run) -> tuple[list[SyntheticRow], str | None]:
    """The rows of synthetic.jsonl in their order, and what to say of damaged lines.

    Raises:
        Unreadable: there is no such file (yet).
    """

    def read() -> tuple[list[SyntheticRow], str | None]:
        return lines_as(run.path, "synthetic.jsonl", _row)

    return _KEPT.get(run.path, [run.path / "synthetic.jsonl"], read)


def _row(line: dict[str, object]) -> SyntheticRow:
    calls, where = line.get("calls"), line.get("round")
    return SyntheticRow(
        row=str(line.get("row") or ""),
        round=where if isinstance(where, int) else 0,
        kind=sys.intern(str(line.get("kind") or "")),
        label=sys.intern(str(line.get("label") or "")),
        intended=sys.intern(str(line.get("intended_label") or "")),
        text=str(line.get("text") or ""),
        probability=number(line.get("probability")),
        agreement=number(line.get("agreement")),
        call=str(calls[0]) if isinstance(calls, list) and calls else "",
        level=number(line.get("level")),
        score=number(line.get("score")),
        kept=line.get("kept") is not False,
    )


def search(
    rows: Iterable[SyntheticRow],
    *,
    words: str = "",
    label: str = "",
    kind: str = "",
    where: str = "",
) -> list[SyntheticRow]:
    """The rows that fit in every way; an empty value lets all through."""
    wanted = words.casefold()
    return [
        row
        for row in rows
        if label in ("", row.label)
        and kind in ("", row.kind)
        and where in ("", str(row.round))
        and (not wanted or wanted in row.text.casefold() or wanted in row.row.casefold())
    ]


def balance(
    rows: Iterable[SyntheticRow], classes: Callable[[str], Iterable[str]]
) -> dict[int, Counter[str]]:
    """Round → class → accepted rows that have it; `classes` gives those of a row's label."""
    found: dict[int, Counter[str]] = {}
    for row in rows:
        found.setdefault(row.round, Counter()).update(classes(row.label))
    return dict(sorted(found.items()))


def diversity(rows: Sequence[SyntheticRow]) -> list[Diversity]:
    """How texts vary, by round."""
    by_round: dict[int, list[list[str]]] = {}
    for row in rows:
        by_round.setdefault(row.round, []).append(words_of(row.text))
    known: set[str] = set()
    found = []
    for where, texts in sorted(by_round.items()):
        words = [word for text in texts for word in text]
        types = set(words)
        found.append(
            Diversity(
                round=where,
                rows=len(texts),
                words=len(words) / len(texts),
                distinct_1=distinct(texts, 1),
                distinct_2=distinct(texts, 2),
                fresh=len(types - known) / len(types) if types else None,
            )
        )
        known |= types
    return found
