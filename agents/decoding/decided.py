"""What paths came to: the one that was taken, beside the others, for the trace."""

from __future__ import annotations

from dataclasses import dataclass

from agents.decoding.asking import Ways
from agents.decoding.paths import Alike, Path, choose, equal
from evokd.config import Rule

UNWEIGHED = "no answer could be weighed by its tokens (taken by majority)"


@dataclass(frozen=True, slots=True)
class Decided:
    """The paths of one question, and which was taken."""

    row: str | None
    """The draft they are about; None: an analysis."""
    rule: Rule
    chosen: int | None
    """Place of the path that was taken; None: no path had an answer."""
    weight: float
    """Of its answer, by the rule."""
    paths: tuple[Path, ...]
    calls: tuple[str, ...]
    """Of the paths, one for each; samples may share one."""
    places: tuple[int, ...]
    """Which completion of its call each is, from 0."""
    asked: tuple[str, ...]
    """All calls that it took, that for the first token among them."""
    branched: bool
    reason: str | None
    """Why none was taken, or why it was not taken by the rule."""


def decide(rule: Rule, ways: Ways[Path], row: str | None = None, alike: Alike = equal) -> Decided:
    """Take one of the paths.

    Args:
        rule: By which; where it finds no weight in any path, by majority.
        ways: The paths as they came.
        row: The draft they are about.
        alike: How far two answers are the same.
    """
    paths = tuple(way.value for way in ways.ways)
    choice, reason = choose(rule, paths, alike), ways.reason
    if choice is None and paths:
        choice = choose("majority", paths, alike)
        reason = "no path has an answer" if choice is None else UNWEIGHED
    return Decided(
        row=row,
        rule=rule,
        chosen=None if choice is None else choice.path,
        weight=0.0 if choice is None else choice.weight,
        paths=paths,
        calls=tuple(way.call for way in ways.ways),
        places=tuple(way.place for way in ways.ways),
        asked=ways.calls,
        branched=ways.branched,
        reason=reason,
    )
