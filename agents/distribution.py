"""How sure the voters were of each answer: the distribution that is kept with a row.

A voter that answers in log-probabilities gives its own (after batch calibration), one that says how
sure it is (`loop.confidence`) that much to its label and the rest evenly to the others, and one
that only names a label gives all to it. The row's is their mean. One vote that says nothing of how
sure it is makes none: a one-hot target would pass for something the labeler said.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from agents.records import Vote
from evokd.config import TaskKind
from evokd.tasks.formats.multi import join, split
from evokd.tasks.label_sets import changed

Distribution = Mapping[str, float]
"""Answer → probability; an answer that isn't in it has none."""
Classes = Callable[[str], Sequence[str]]
"""The classes of an answer: of `multi` one a head, else the answer itself."""
SPREAD_KINDS: frozenset[TaskKind] = frozenset({"classification", "pair", "multi", "multilabel"})
"""Kinds whose texts all have the same answers, so that a distribution over them can be kept."""
LEAST = 1e-6
"""Answers below that probability are left out; files keep as many digits."""


def distribution_of(votes: Sequence[Vote], answers: Sequence[str]) -> dict[str, float] | None:
    """The mean of the voters' distributions, which sums to 1; None where nobody gave one.

    Args:
        votes: On one text; those without a label do not count.
        answers: All whole answers, which a stated confidence is spread over; with none a vote that
            states one counts as a plain vote.
    """
    cast = [vote for vote in votes if vote.label is not None]
    told = [vote for vote in cast if vote.logprobs is not None or _states(vote, answers)]
    if not cast or (len(cast) == 1 and not told):
        return None
    sums: dict[str, float] = defaultdict(float)
    for vote in cast:
        for answer, p in _of_vote(vote, answers).items():
            sums[answer] += p
    kept = {answer: p / len(cast) for answer, p in sums.items() if p / len(cast) >= LEAST}
    total = sum(kept.values())
    return {answer: round(p / total, 6) for answer, p in kept.items()}


def moved(
    distribution: Distribution | None,
    old: str,
    new: str,
    kind: TaskKind,
    labels: Sequence[str] = (),
) -> dict[str, float] | None:
    """What is left of a distribution when the critic puts another label in the vote's place.

    The old label's mass goes to the new one, for that label alone was overruled: of the other
    answers the critic said nothing, and of how sure it is neither, so a row that was disputed
    doesn't become the surest of all. Of several heads each moves its own, of a set each label; such
    a set is written in the order of `labels`.
    """
    if distribution is None:
        return None
    found: dict[str, float] = defaultdict(float)
    for answer, p in distribution.items():
        found[_renamed(answer, old, new, kind, labels)] += p
    return {answer: round(p, 6) for answer, p in found.items()}


def certainty(distribution: Distribution, label: str, classes: Classes) -> float:
    """Probability of the label; of several heads the mean of their classes' marginals.

    A majority by heads may be an answer that nobody gave as a whole, so of probability 0.
    """
    own = classes(label)
    if not own:
        return distribution.get(label, 0.0)
    by_class = marginals(distribution, classes)
    return sum(by_class.get(name, 0.0) for name in own) / len(own)


def marginals(distribution: Distribution, classes: Classes) -> dict[str, float]:
    """Class → probability that an answer has it."""
    found: dict[str, float] = defaultdict(float)
    for answer, p in distribution.items():
        for name in classes(answer):
            found[name] += p
    return dict(found)


def _states(vote: Vote, answers: Sequence[str]) -> bool:
    return vote.confidence is not None and vote.label in answers and len(answers) > 1


def _of_vote(vote: Vote, answers: Sequence[str]) -> dict[str, float]:
    assert vote.label is not None
    if vote.logprobs is not None:
        return {answer: math.exp(value) for answer, value in vote.logprobs.items()}
    if not _states(vote, answers):
        return {vote.label: 1.0}
    assert vote.confidence is not None
    # less than its even share would make each other label likelier than the one that was named
    named = max(vote.confidence, 1 / len(answers))
    rest = (1 - named) / (len(answers) - 1)
    return {one: named if one == vote.label else rest for one in answers}


def _renamed(answer: str, old: str, new: str, kind: TaskKind, labels: Sequence[str]) -> str:
    if kind == "multilabel":
        return changed(answer, old, new, labels)
    if kind != "multi":
        return new if answer == old else answer
    was, now = split(old), split(new)
    parts = split(answer).items()
    return join({head: now[head] if name == was[head] else name for head, name in parts})
