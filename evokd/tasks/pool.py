"""The pool: real texts without labels, which a teacher may be asked to label.

Only the columns of the text are read, so a file that has labels too keeps them to itself. What
equals a test or dev row is left out, and so is what repeats an earlier text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evokd.config import ConfigError, DataConfig, TaskKind
from evokd.tasks.example import Example
from evokd.tasks.formats import pair
from evokd.tasks.formats.task_format import line_of, text_of
from evokd.tasks.loading import POOL, load_pool
from evokd.tasks.text import NearDuplicates, normalise

NEAR_SAMPLE = 2000
"""Most texts that are held against the test and dev rows for likeness, evenly spread, so that
a large pool is read no slower for it."""


@dataclass(frozen=True, slots=True)
class PoolText:
    """A text that nobody has labelled."""

    id: str
    """`pool-17`; rows count from 0 in the order of the file."""
    text: str
    """As a row of train would have it, never empty."""

    def to_json(self) -> dict[str, str]:
        return {"id": self.id, "text": self.text}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> PoolText:
        """The inverse of `to_json`."""
        return cls(id=str(raw["id"]), text=str(raw["text"]))


@dataclass(frozen=True, slots=True)
class Pool:
    """The texts that may be labelled, and how many of the file may not."""

    texts: tuple[PoolText, ...]
    held_out: int
    """Rows left out because they equal a test or dev row after `normalise`."""
    repeated: int
    """Rows left out because they equal an earlier one."""
    near: int
    """Of the `looked_at` texts, those that are nearly a test or dev row; they stay."""
    looked_at: int

    def said(self) -> list[str]:
        """What a user should know of it, a line."""
        left_out = [
            f"{count} left out that {what}"
            for count, what in (
                (self.held_out, "equal a test or dev row"),
                (self.repeated, "repeat an earlier text"),
            )
            if count
        ]
        parts = [f"{len(self.texts)} texts", *left_out]
        if self.near:
            of = "" if self.looked_at == len(self.texts) else f" of {self.looked_at} looked at"
            parts.append(f"{self.near}{of} are nearly a test or dev row, and stay")
        return [f"task.data.{POOL}: {', '.join(parts)}"]


def read_pool(kind: TaskKind, data: DataConfig, held_out: Sequence[Example]) -> Pool:
    """The pool that the config names.

    Args:
        kind: One of `POOL_KINDS`.
        data: Its file or split, and the columns of the text.
        held_out: Rows of test and dev.

    Raises:
        ConfigError: no such file or column, a row without a text, or no text that is left.
    """
    table = load_pool(data, _columns(kind, data))
    texts = [
        _text(kind, data, row, f"{table.origin}: row {number}")
        for number, row in enumerate(table.rows, 1)
    ]
    forbidden = {normalise(row.text) for row in held_out}
    kept, repeated = _different(texts, forbidden)
    held = len(texts) - len(kept) - repeated
    if not kept:
        raise ConfigError(
            f"{table.origin}: each of its {len(texts)} rows equals a test or dev row, which are"
            " never trained on (is it the test file?); name a file of other texts"
        )
    looked_at = _evenly(kept, NEAR_SAMPLE)
    return Pool(kept, held, repeated, _near(looked_at, held_out), len(looked_at))


def untaken(
    pool: Sequence[PoolText], taken: Collection[str], known: Iterable[str] = ()
) -> list[int]:
    """Places of the texts that may still be taken, in the order of the pool.

    Args:
        pool: All of it.
        taken: Ids of those that were.
        known: Texts that have a label already, as seed shots do. What equals one after `normalise`
            is not offered; what is merely alike is, for real texts may well be.
    """
    forms = {normalise(text) for text in known}
    return [
        place
        for place, one in enumerate(pool)
        if one.id not in taken and normalise(one.text) not in forms
    ]


def _columns(kind: TaskKind, data: DataConfig) -> Mapping[str, str]:
    if kind == "pair":
        return {"premise": data.premise, "hypothesis": data.hypothesis}
    return {"text": data.text}


def _text(kind: TaskKind, data: DataConfig, row: Mapping[str, Any], origin: str) -> str:
    if kind == "pair":
        premise = line_of(row["premise"], f"{origin}: {data.premise}")
        return pair.join(premise, line_of(row["hypothesis"], f"{origin}: {data.hypothesis}"))
    return text_of(row["text"], f"{origin}: {data.text}")


def _different(
    texts: Iterable[str], forbidden: Collection[str]
) -> tuple[tuple[PoolText, ...], int]:
    """The texts that may be used, each once, and how many repeat one of them."""
    kept: dict[str, PoolText] = {}
    repeated = 0
    for number, text in enumerate(texts):
        bare = normalise(text)
        if bare in forbidden:
            continue
        repeated += bare in kept
        kept.setdefault(bare, PoolText(f"{POOL}-{number}", text))
    return tuple(kept.values()), repeated


def _near(texts: Sequence[PoolText], held_out: Sequence[Example]) -> int:
    index = NearDuplicates(row.text for row in held_out)
    return sum(index.twin(one.text) is not None for one in texts)


def _evenly(texts: Sequence[PoolText], most: int) -> Sequence[PoolText]:
    """At most so many texts, from the first to the last."""
    if len(texts) <= most:
        return texts
    return [texts[place * len(texts) // most] for place in range(most)]
