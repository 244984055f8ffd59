"""Whether a run's analyses were true of its student: each against all others, and its cited rows.

Read from the rounds' files, so that a round is held against analyses before and after it; its line
in metrics.jsonl, written as the run went, can know those before it only. The student gets over
errors that were named, so earlier analyses fit it less and less: later ones make up for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast, get_args

from agents.faithfulness import (
    ANSWERS,
    ClassesOf,
    Errors,
    NamedPattern,
    errors_of,
    every,
    share_showing,
    shuffled_share,
)
from agents.records import Mark, Marked
from evokd.runs.classes import classes_of
from evokd.runs.files import Unreadable, json_of, lines_of
from evokd.runs.run import Run, mapping, number

MIN_INTERVAL = 3
"""Fewest rounds that get an interval."""
RESAMPLES = 2000
LEVEL = 0.95


@dataclass(frozen=True)
class RoundFaithfulness:
    """A round with an analysis; None: nothing to say."""

    round: int
    patterns: int
    texts: int
    """Hard texts that the student gave its verdict on before it trained on them."""
    named: float | None
    """Share of them that show an error which the analysis names."""
    shuffled: float | None
    """Mean share that shows the errors of the run's other analyses."""
    easy: float | None
    """Share of the easy texts that show an error which it names."""
    cited_loss: float | None
    """Mean loss of the rows that it cites, when it was written."""
    uncited_loss: float | None
    """Of those shown as wrong or uncertain that it doesn't cite."""
    right_loss: float | None
    """Of those shown as right."""


@dataclass(frozen=True)
class RunFaithfulness:
    """All rounds of a run."""

    rounds: tuple[RoundFaithfulness, ...]
    compared: int
    """Rounds that have both shares."""
    named: float | None
    """Mean over those."""
    shuffled: float | None
    low: float | None
    """95 % interval of the mean difference, over resampled rounds; None for few rounds."""
    high: float | None

    @property
    def difference(self) -> float | None:
        """Named minus shuffled."""
        if self.named is None or self.shuffled is None:
            return None
        return self.named - self.shuffled

    @property
    def in_words(self) -> str:
        """The run in a sentence."""
        if self.named is None or self.shuffled is None:
            return "no two analyses of this run name different errors, so none can be told true"
        between = "" if self.low is None else f" (95 % {self.low:+.3f} to {self.high:+.3f})"
        return (
            f"of the hard texts {self.named:.1%} show the student an error that their analysis"
            f" names, {self.shuffled:.1%} one that the run's other analyses name: a difference of"
            f" {self.named - self.shuffled:+.3f}{between}, mean over {self.compared} rounds"
        )


class _Round(NamedTuple):
    """What the files of a round say."""

    number: int
    patterns: list[NamedPattern]
    verdicts: list[Marked]

    @property
    def errors(self) -> Errors:
        return every(self.patterns)


def read_faithfulness(run: Run) -> RunFaithfulness | None:
    """None where nobody analysed, or where answers are letters, which name no errors."""
    if mapping(run.config.get("task")).get("kind") == "choice":
        return None
    _, classes = classes_of(run)
    found = [one for line in run.metrics if (one := _round(run, line["round"], classes))]
    if not found:
        return None
    lines = {line["round"]: mapping(line.get("faithful")) for line in run.metrics}
    rounds = tuple(_scored(one, found, lines[one.number], classes) for one in found)
    pairs = [
        (one.named, one.shuffled)
        for one in rounds
        if one.named is not None and one.shuffled is not None
    ]
    if not pairs:
        return RunFaithfulness(rounds, 0, None, None, None, None)
    named, shuffled = (sum(values) / len(pairs) for values in zip(*pairs, strict=True))
    low, high = _interval([mine - others for mine, others in pairs])
    return RunFaithfulness(rounds, len(pairs), named, shuffled, low, high)


def _scored(
    one: _Round, every_round: Sequence[_Round], line: dict[str, Any], classes: ClassesOf
) -> RoundFaithfulness:
    hard = [row for row in one.verdicts if row.kind in ANSWERS]
    easy = [row for row in one.verdicts if row.kind == "easy"]
    others = [other.errors for other in every_round if other is not one]
    return RoundFaithfulness(
        round=one.number,
        patterns=len(one.patterns),
        texts=len(hard),
        named=share_showing(hard, one.errors, classes),
        shuffled=shuffled_share(hard, one.errors, others, classes),
        easy=share_showing(easy, one.errors, classes),
        cited_loss=number(line.get("cited_loss")),
        uncited_loss=number(line.get("uncited_loss")),
        right_loss=number(line.get("right_loss")),
    )


def _round(run: Run, where: int, classes: ClassesOf) -> _Round | None:
    folder = f"rounds/{where:03d}"
    try:
        analysis = json_of(run.path, f"{folder}/analysis.json")
        verdicts, _ = lines_of(run.path, f"{folder}/predictions.jsonl")
    except Unreadable:
        return None
    rows = [_marked(row) for row in _mappings(analysis.get("rows"))]
    cited = [_names(one.get("cited")) for one in _mappings(analysis.get("patterns"))]
    cited = [ids for ids in cited if ids] or [_names(analysis.get("cited"))]
    patterns = [
        NamedPattern(errors_of([row for row in rows if row.row in ids], classes)) for ids in cited
    ]
    if not rows:  # planted: it names a class, and cites nothing
        patterns = [NamedPattern(frozenset((one, None) for one in _names(analysis.get("about"))))]
    return _Round(where, patterns, [_marked(row) for row in verdicts])


def _marked(row: dict[str, Any]) -> Marked:
    """As far as it is needed here; files may hold anything."""
    mark = row.get("mark")
    return Marked(
        row=str(row.get("row")),
        text="",
        label=str(row.get("label") or ""),
        predicted=str(row.get("predicted") or ""),
        margin=0.0,
        mark=cast(Mark, mark) if mark in get_args(Mark) else "right",
        kind=str(row.get("kind") or ""),
    )


def _mappings(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _names(found: Any) -> set[str]:
    return {str(one) for one in found} if isinstance(found, list) else set()


def _interval(differences: Sequence[float]) -> tuple[float | None, float | None]:
    """Percentile bootstrap of the mean over rounds; the same each time."""
    if len(differences) < MIN_INTERVAL:
        return None, None
    import numpy as np

    n, edge = len(differences), (1 - LEVEL) / 2
    drawn = np.random.default_rng(n).integers(0, n, (RESAMPLES, n))
    low, high = np.quantile(np.asarray(differences)[drawn].mean(axis=1), [edge, 1 - edge])
    return float(low), float(high)
