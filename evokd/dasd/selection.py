"""Which responses the student learns from: DASD's rule, and the rivals on the same terms.

Section 2: rank candidates within a question and stratum (as one temperature) and keep a top
fraction; the report's fixed thresholds are there too, and what they would keep at another δ is
told by `kept_by_divergence`, since fixed values may keep everything or nothing. Whole responses
are kept or left, never sentences.

A rival takes as many responses as the selection did (`same_count`) or as many tokens
(`same_tokens`), from the same candidates, in its own order:

| key | takes first |
|---|---|
| divergence | high example score: mean of d(s) by bytes or equally, or share of teacher sentences |
| random | by a hash of seed and id: the same in every process, whatever the order of the rows |
| longest, shortest | by tokens of the student |
| student_nll | low mean NLL under the student: what it would almost have said itself |
| rsr | low rank-surprisal ratio (section 6) |
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from evokd.dasd.scores import ResponseScores, Thresholds, Weighting

SortKey = Literal["divergence", "random", "longest", "shortest", "student_nll", "rsr"]
Within = Literal["question", "stratum"]
DELTAS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True, slots=True)
class SelectionCandidate:
    """One response that passed the filters."""

    id: str
    question: str
    """Identifier of its question."""
    stratum: str
    """What must not be mixed when ranking: the temperature it was written at."""
    size: int
    """Tokens of the student."""
    scored: ResponseScores | None = None
    """None where teacher log-probabilities are missing: only the rivals can take it."""
    student_nll: float | None = None
    """Mean, in nats a token (`scores.surprisal`)."""
    rsr: float | None = None
    """`scores.rank_surprisal`."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """In what order responses are taken."""

    key: SortKey = "divergence"
    weighting: Weighting = "bytes"
    """Of the example score."""
    thresholds: Thresholds = field(default_factory=Thresholds)
    seed: int = 0

    def cost(self, one: SelectionCandidate) -> float | None:
        """Lower is taken first; None where the candidate has no such value."""
        return _COSTS[self.key](one, self)

    def sort(self, candidates: Iterable[SelectionCandidate]) -> list[SelectionCandidate]:
        """Those that have the value, the first to be taken in front; ties by hash."""
        costs = [(self.cost(one), one) for one in candidates]
        return [
            one
            for _, one in sorted(
                ((cost, one) for cost, one in costs if cost is not None),
                key=lambda pair: (pair[0], _draw(self.seed, pair[1].id)),
            )
        ]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is kept; nothing at all is a normal outcome, with its reason."""

    kept: tuple[SelectionCandidate, ...]
    """In the order of the candidates."""
    of: int
    """Candidates there were."""
    unscored: int
    """Candidates without the value that the order needs; never kept."""
    reason: str = ""
    """Why nothing was kept."""

    @property
    def size(self) -> int:
        """Tokens of the student."""
        return sum(one.size for one in self.kept)


def by_thresholds(candidates: Sequence[SelectionCandidate], thresholds: Thresholds) -> Selection:
    """Keep what holds at least `thresholds.share` of teacher sentences."""
    shares = [
        (one, one.scored.teacher_share(thresholds)) for one in candidates if one.scored is not None
    ]
    kept = tuple(one for one, share in shares if share >= thresholds.share)
    reason = ""
    if not kept and shares:
        reason = (
            f"no response holds {thresholds.share:.0%} of teacher sentences"
            f" (p_T >= {thresholds.confidence:g}, d >= {thresholds.divergence:g});"
            f" the most is {max(share for _, share in shares):.0%}"
        )
    return _selection(kept, candidates, len(candidates) - len(shares), reason)


def by_rank(
    candidates: Sequence[SelectionCandidate],
    fraction: float,
    order: Ordering,
    within: Within = "question",
) -> Selection:
    """Keep the top fraction of each question and stratum (or of each stratum).

    Of n candidates, fraction · n are kept, rounded half up, and at least one. With one response a
    question nothing is selected that way: rank within the stratum then.
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"fraction: expected 0 < fraction <= 1, got {fraction}")
    kept: list[SelectionCandidate] = []
    ranked = 0
    for group in _groups(candidates, within).values():
        usable = order.sort(group)
        ranked += len(usable)
        kept += usable[: max(1, math.floor(fraction * len(usable) + 0.5))]
    return _selection(kept, candidates, len(candidates) - ranked)


def same_count(
    candidates: Sequence[SelectionCandidate],
    chosen: Selection,
    order: Ordering,
    within: Within = "stratum",
) -> Selection:
    """A rival's selection: from each group as many as were chosen from it.

    Within the stratum as a rule: from a question's only response no control can differ. A group
    may hold fewer that the order can rank; then it gives all of those.
    """
    counts = {key: len(group) for key, group in _groups(chosen.kept, within).items()}
    kept: list[SelectionCandidate] = []
    ranked = 0
    for key, group in _groups(candidates, within).items():
        usable = order.sort(group)
        ranked += len(usable)
        kept += usable[: counts.get(key, 0)]
    reason = "" if chosen.kept else "the selection it is compared with keeps nothing"
    return _selection(kept, candidates, len(candidates) - ranked, reason)


def same_tokens(
    candidates: Sequence[SelectionCandidate], tokens: int, order: Ordering
) -> Selection:
    """A rival's selection: as many tokens of the student as near as whole responses come.

    Responses are taken in order until one more would lead further from `tokens` than it is.
    """
    usable = order.sort(candidates)
    kept: list[SelectionCandidate] = []
    total = 0
    for one in usable:
        if abs(total + one.size - tokens) >= abs(total - tokens):
            break
        kept.append(one)
        total += one.size
    return _selection(kept, candidates, len(candidates) - len(usable))


def kept_by_divergence(
    candidates: Sequence[SelectionCandidate],
    thresholds: Thresholds,
    deltas: Sequence[float] = DELTAS,
) -> dict[float, float]:
    """δ → share of the scored candidates that thresholds with this δ would keep, for the log."""
    scored = [one.scored for one in candidates if one.scored is not None]
    table = {}
    for delta in deltas:
        limits = replace(thresholds, divergence=delta)
        passing = sum(one.teacher_share(limits) >= limits.share for one in scored)
        table[delta] = passing / len(scored) if scored else 0.0
    return table


def _selection(
    kept: Iterable[SelectionCandidate],
    candidates: Sequence[SelectionCandidate],
    unscored: int,
    reason: str = "",
) -> Selection:
    ids = {one.id for one in kept}
    if len({one.id for one in candidates}) < len(candidates):
        twice = [name for name, n in Counter(one.id for one in candidates).items() if n > 1]
        raise ValueError(f"candidates: ids occur twice: {', '.join(twice[:3])}")
    rows = tuple(one for one in candidates if one.id in ids)
    if not rows and not reason:
        reason = _why_empty(len(candidates), unscored)
    return Selection(rows, len(candidates), unscored, reason)


def _why_empty(of: int, unscored: int) -> str:
    if not of:
        return "there was no response to select from"
    if of == unscored:
        return f"none of {of} responses has the scores that the selection needs"
    return "the size asked for is nearer to nothing than to one response"


def _groups(
    candidates: Iterable[SelectionCandidate], within: Within
) -> dict[tuple[str, ...], list[SelectionCandidate]]:
    groups: defaultdict[tuple[str, ...], list[SelectionCandidate]] = defaultdict(list)
    for one in candidates:
        key = (one.stratum, one.question) if within == "question" else (one.stratum,)
        groups[key].append(one)
    return dict(groups)


def _draw(seed: int, name: str) -> float:
    digest = hashlib.sha256(f"{seed}\0{name}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def _gain(one: SelectionCandidate, order: Ordering) -> float | None:
    return None if one.scored is None else -one.scored.score(order.weighting, order.thresholds)


_COSTS: Mapping[SortKey, Callable[[SelectionCandidate, Ordering], float | None]] = {
    "divergence": _gain,
    "random": lambda one, order: _draw(order.seed, one.id),
    "longest": lambda one, _: -one.size,
    "shortest": lambda one, _: one.size,
    "student_nll": lambda one, _: one.student_nll,
    "rsr": lambda one, _: one.rsr,
}
