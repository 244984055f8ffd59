"""Which responses are fit to be learnt, before anything is scored: section 3, step 2.

Each response is dropped for the first reason that holds, in the order of `Reason`; every reason is
counted. Wrong answers are counted whether or not the switch drops them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from evokd.tasks.text import THRESHOLD, NearDuplicates

Reason = Literal[
    "empty",
    "truncated",
    "too_short",
    "too_long",
    "no_conclusion",
    "repetitive",
    "wrong",
    "duplicate",
]
FINISHED = "stop"
"""The only finish reason of a whole response; cut, refused and unknown ones are `truncated`."""
_WINDOW = 20
"""Characters: longer than most phrases that a sound response repeats."""
_LOOP = 400
"""Characters at the end that are looked at by themselves: a loop may begin late."""


@dataclass(frozen=True, slots=True)
class MeasuredResponse:
    """A teacher's response to a question."""

    id: str
    question: str
    """Identifier of the question."""
    text: str
    """What the student would learn."""
    finish_reason: str
    """As the server said it."""
    tokens: int
    """Of the student."""
    answer: str | None
    """As `evokd.tasks.answers` read it; None: no final answer is stated."""
    right: bool | None
    """Whether the answer is the gold one; None where there is no gold."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is dropped."""

    min_tokens: int = 16
    max_tokens: int = 2048
    """Of the student; what is longer would be cut in training."""
    repeated: float = 0.5
    """Most of the text that may be repetition, in [0, 1]."""
    gold: bool = True
    """Drop wrong answers."""
    duplicates: float | None = THRESHOLD
    """Similarity from which two responses to one question are the same; None keeps all."""


@dataclass(frozen=True, slots=True)
class Filtered:
    """What is left, and what became of the others."""

    kept: tuple[MeasuredResponse, ...]
    dropped: Mapping[str, Reason]
    """Response id → why."""
    right: int
    """Responses with the gold answer, of those that got as far as being compared."""
    wrong: int
    """Responses with another answer; they are kept where the switch is off."""

    @property
    def counts(self) -> Counter[Reason]:
        """Reason → responses dropped for it."""
        return Counter(self.dropped.values())


def filter_responses(responses: Sequence[MeasuredResponse], rules: Rules) -> Filtered:
    """Drop what is not fit, in the order given; of near-duplicates the first is kept."""
    kept: list[MeasuredResponse] = []
    dropped: dict[str, Reason] = {}
    told: Counter[bool | None] = Counter()
    seen: defaultdict[str, NearDuplicates] = defaultdict(
        lambda: NearDuplicates(threshold=rules.duplicates or 1.0)
    )
    for one in responses:
        reason = _unfit(one, rules)
        if reason is None:
            told[one.right] += 1
            reason = _unwanted(one, rules, seen[one.question])
        if reason is None:
            kept.append(one)
            seen[one.question].add(one.text)
        else:
            dropped[one.id] = reason
    return Filtered(tuple(kept), dropped, told[True], told[False])


def repeated_share(text: str) -> float:
    """How much of a text repeats itself, in [0, 1]: windows of 20 characters met before.

    The larger of the whole text's and of its last 400 characters' share.
    """
    bare = " ".join(text.split())
    return max(_repeated(bare), _repeated(bare[-_LOOP:]))


def _repeated(text: str) -> float:
    windows = len(text) - _WINDOW + 1
    if windows < _WINDOW:
        return 0.0
    return 1 - len({text[i : i + _WINDOW] for i in range(windows)}) / windows


def _unfit(one: MeasuredResponse, rules: Rules) -> Reason | None:
    """Faults of the text by itself."""
    if not one.text.strip():
        return "empty"
    if one.finish_reason != FINISHED:
        return "truncated"
    if one.tokens < rules.min_tokens:
        return "too_short"
    if one.tokens > rules.max_tokens:
        return "too_long"
    if one.answer is None:
        return "no_conclusion"
    return "repetitive" if repeated_share(one.text) > rules.repeated else None


def _unwanted(one: MeasuredResponse, rules: Rules, seen: NearDuplicates) -> Reason | None:
    """Faults that only show against the gold answer and the other responses."""
    if rules.gold and one.right is False:
        return "wrong"
    if rules.duplicates is not None and seen.twin(one.text) is not None:
        return "duplicate"
    return None
