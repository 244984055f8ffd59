"""EDA for sentences with entities: the same small edits, none of which touches an entity.

`evokd.augment.eda` strips a text to lower-case letters, which would take away what tells a name
from a word. Here case and punctuation stay, and what may be edited are the words outside of
entities: *replacement* of a word that is no stop word by a synonym, *insertion* of a synonym (never
inside an entity), *swap* of two such words, *deletion* of each with probability alpha. A fifth edit
does for entities what the four do for words: *exchange* of one for another of its type that stands
in the seed rows (mention replacement, Dai & Adel 2020, arXiv 2010.11683). All five make as many
versions. Spans are computed anew, so they are right to the character in every version.

An exchange keeps the sentence grammatical, but not true, and it teaches the seeds' names once more,
not new ones: that is what augmentation without a model can do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from evokd.augment.eda import STOP_WORDS, TRIES
from evokd.augment.synonyms import Synonyms
from evokd.tasks.example import Example
from evokd.tasks.spans import EntitySpan, cells, decode, encode, surfaces

_WORD = re.compile("[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Unit:
    """A word, a punctuation mark, or a whole entity."""

    gap: str
    """What stands before it: a space, or nothing."""
    surface: str
    type: str | None
    """None outside of entities."""

    @property
    def free(self) -> bool:
        """Whether it may be edited."""
        return self.type is None and _WORD.fullmatch(self.surface) is not None


Pool = Mapping[str, Sequence[str]]
"""Entity type → surfaces to exchange an entity for."""


def entity_pool(rows: Iterable[Example]) -> Pool:
    """The entities of some rows by type, each once, in order."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        for surface, name in surfaces(row.label):
            found[name][surface] = None
    return {name: list(every) for name, every in found.items()}


def augment(
    text: str,
    label: str,
    *,
    variants: int,
    alpha: float,
    rng: Random,
    synonyms: Synonyms,
    pool: Pool,
) -> list[tuple[str, str]]:
    """Edited versions of a text with their labels, at most `variants`; equal ones are kept.

    Args:
        text: English.
        label: Its entities, canonical.
        variants: How many, at least 1.
        alpha: Share of the words outside of entities that an edit changes, in (0, 1].
        rng: All chance comes from here.
        synonyms: See `evokd.augment.synonyms`.
        pool: Of `entity_pool`.
    """
    units = take_apart(text, decode(label))
    edits = max(1, int(alpha * sum(unit.free for unit in units)))
    operations: list[Callable[[], list[Unit]]] = []
    if any(unit.free for unit in units):
        operations += [
            lambda: synonyms_for(units, edits, rng, synonyms),
            lambda: insert(units, edits, rng, synonyms),
            lambda: swap(units, edits, rng),
            lambda: delete(units, alpha, rng),
        ]
    if any(unit.type and _others(unit, pool) for unit in units):
        operations.append(lambda: exchange(units, rng, pool))
    versions = [
        put_together(operation())
        for operation in operations
        for _ in range(variants // len(operations) + 1)
    ]
    rng.shuffle(versions)
    return versions[:variants]


def take_apart(text: str, spans: Sequence[EntitySpan]) -> list[Unit]:
    """The units of a text; `put_together` gives it back but for what stands around it."""
    edges = {span.start: span for span in spans}
    units: list[Unit] = []
    end = 0
    for start, stop in cells(text, spans):
        if start < end:
            continue  # a later word of an entity
        span = edges.get(start)
        stop = span.end if span else stop
        units.append(Unit(text[end:start], text[start:stop], span.type if span else None))
        end = stop
    return units


def put_together(units: Sequence[Unit]) -> tuple[str, str]:
    """A text and its label."""
    text, spans = "", []
    for unit in units:
        text += unit.gap if text else ""
        if unit.type is not None:
            spans.append(EntitySpan(len(text), len(text) + len(unit.surface), unit.type))
        text += unit.surface
    return text, encode(text, spans)


def synonyms_for(units: Sequence[Unit], count: int, rng: Random, synonyms: Synonyms) -> list[Unit]:
    """Replace up to `count` different words, each at every free place, by one synonym."""
    result = list(units)
    words = sorted({unit.surface.lower() for unit in units if unit.free} - STOP_WORDS)
    rng.shuffle(words)
    for word in words:
        if count == 0:
            break
        if options := synonyms.of(word):
            other = rng.choice(options)
            result = [
                replace(unit, surface=_as_written(other, unit.surface))
                if unit.free and unit.surface.lower() == word
                else unit
                for unit in result
            ]
            count -= 1
    return result


def insert(units: Sequence[Unit], count: int, rng: Random, synonyms: Synonyms) -> list[Unit]:
    """Insert a synonym of a random free word before a random free word, `count` times."""
    result = list(units)
    for _ in range(count):
        options: tuple[str, ...] = ()
        for _ in range(TRIES):
            word = result[rng.choice(_free(result))].surface.lower()
            if options := synonyms.of(word):
                break
        if options:
            place = rng.choice(_free(result))
            then = result[place]
            result[place : place + 1] = [
                Unit(then.gap, rng.choice(options), None),
                replace(then, gap=then.gap or " "),
            ]
    return result


def swap(units: Sequence[Unit], count: int, rng: Random) -> list[Unit]:
    """Let two random free words change places, `count` times."""
    result = list(units)
    places = _free(result)
    for _ in range(count if len(places) > 1 else 0):
        one, other = rng.sample(places, 2)
        first, second = result[one].surface, result[other].surface
        result[one] = replace(result[one], surface=second)
        result[other] = replace(result[other], surface=first)
    return result


def delete(units: Sequence[Unit], chance: float, rng: Random) -> list[Unit]:
    """Drop each free word with probability `chance`; entities and punctuation stay."""
    kept = [unit for unit in units if not unit.free or rng.random() >= chance]
    return kept or list(units)


def exchange(units: Sequence[Unit], rng: Random, pool: Pool) -> list[Unit]:
    """Put another entity of the same type in the place of one."""
    result = list(units)
    place = rng.choice([i for i, unit in enumerate(units) if _others(unit, pool)])
    other = rng.choice(_others(units[place], pool))
    result[place] = replace(units[place], surface=other)
    return result


def _others(unit: Unit, pool: Pool) -> list[str]:
    return [other for other in pool.get(unit.type or "", ()) if other != unit.surface]


def _free(units: Sequence[Unit]) -> list[int]:
    return [i for i, unit in enumerate(units) if unit.free]


def _as_written(word: str, model: str) -> str:
    return f"{word[:1].upper()}{word[1:]}" if model[:1].isupper() else word
