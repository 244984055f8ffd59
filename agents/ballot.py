"""The ballot: gathers drafts and votes, spends nothing, and decides what the critic gets to see."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from agents.distribution import distribution_of
from agents.records import Candidate, Draft, Verdict, Vote
from evokd.tasks.text import NearDuplicates, normalise

MIN_CALIBRATED = 4
"""Rows a label that a batch needs before its mean says something about the labeler's bias."""


FindFault = Callable[[str, str], str | None]
"""Text and label → what is wrong with them as a row."""


Prior = Callable[[str], float]
"""Answer → log-probability that a text has it before it was read."""
Decide = Callable[[Sequence[str]], str | None]
"""The voters' answers → what they come to; None for a tie or no answer at all."""


def _no_fault(text: str, label: str) -> None:
    return None


class DuplicateIndex(Protocol):
    """Texts of one class so far; tells whether a new one repeats one of them."""

    def add(self, text: str) -> None: ...
    def twin(self, text: str) -> str | None: ...


class KnownTexts:
    """The training data so far; grows with it, so that a long run does not index it every round."""

    def __init__(
        self,
        rows: Iterable[tuple[str, str]] = (),
        twins: Callable[[], DuplicateIndex] = NearDuplicates,
        *,
        contrast: bool = True,
    ) -> None:
        """Args.

        rows: (text, label).
        twins: makes the index of near-duplicates.
        contrast: a text may be near to one of another label; so one index a label.
        """
        self.twins, self.contrast = twins, contrast
        self._seen: dict[str, DuplicateIndex] = defaultdict(twins)
        self._forms: set[str] = set()
        for text, label in rows:
            self.add(text, label)

    def add(self, text: str, label: str) -> None:
        self._seen[self._group(label)].add(text)
        self._forms.add(normalise(text))

    def equal(self, normal_form: str) -> bool:
        """Whether a text with this normal form is known under any label."""
        return normal_form in self._forms

    def twin(self, text: str, label: str) -> bool:
        """Whether a text like this one is known under the label.

        "it works" beside "it doesn't work" is contrast, not repetition, so labels stay apart.
        """
        group = self._group(label)
        return group in self._seen and self._seen[group].twin(text) is not None

    def _group(self, label: str) -> str:
        return label if self.contrast else ""


@dataclass(frozen=True, slots=True)
class BallotResult:
    """The outcome of one ballot."""

    candidates: tuple[Candidate, ...]
    rejected: tuple[Verdict, ...]


def hold_ballot(
    drafts: Sequence[Draft],
    votes: Sequence[Vote],
    labels: Sequence[str],
    *,
    known: KnownTexts,
    also: Iterable[tuple[str, str]] = (),
    off_limits: Collection[str],
    calibrate: bool,
    fault: FindFault = _no_fault,
    decide: Decide | None = None,
    answers: Sequence[str] | None = None,
    prior: Prior | None = None,
) -> BallotResult:
    """One candidate for every draft with a clear majority and a text of its own.

    Args:
        drafts: in any order; they come out in the order of their ids.
        votes: any number for a draft; those without a label do not count.
        labels: the task's labels.
        known: the training data so far; left as it is.
        also: (text, label) of rows that are accepted in this round, and not yet part of it.
        off_limits: normalised texts of test and dev rows; equal drafts are removed and counted.
        calibrate: subtract each voter's mean log-probability of a label over this batch (batch
            calibration, Zhou et al. 2024, arXiv 2309.17249), which takes its bias out.
        fault: why a text is no row for its label, beyond what holds for all kinds.
        decide: a majority by the parts of the answers; None: of whole answers.
        answers: all whole answers, where rows keep a distribution over them; None: they don't.
        prior: what calibration takes the answers of a batch to be; None: evenly spread, which sets
            of labels never are.
    """
    if calibrate:
        votes = calibrated(votes, labels, prior)
    by_row: dict[str, list[Vote]] = defaultdict(list)
    for vote in votes:
        by_row[vote.row].append(vote)
    fresh = KnownTexts(also, known.twins, contrast=known.contrast)
    candidates: list[Candidate] = []
    rejected: list[Verdict] = []
    for draft in sorted(drafts, key=lambda draft: draft.row):
        own = by_row[draft.row]
        label = majority(own) if decide is None else decide([v.label for v in own if v.label])
        wrong = draft.fault or _fault_of(normalise(draft.text), (known, fresh), off_limits)
        if wrong is None and label is not None:
            wrong = fault(draft.text, label)
        if (
            wrong is None
            and label is not None
            and any(part.twin(draft.text, label) for part in (known, fresh))
        ):
            wrong = "near-duplicate"
        if wrong is not None or label is None:
            reason = wrong or _without_majority(own)
            rejected.append(Verdict(draft.row, "reject", None, reason))
            continue
        fresh.add(draft.text, label)
        candidates.append(_candidate(draft, label, own, answers))
    return BallotResult(tuple(candidates), tuple(rejected))


def majority(votes: Sequence[Vote]) -> str | None:
    """The label with most votes; None for a tie or no vote at all."""
    counts = Counter(vote.label for vote in votes if vote.label is not None).most_common(2)
    if not counts or (len(counts) == 2 and counts[0][1] == counts[1][1]):
        return None
    return counts[0][0]


def calibrated(
    votes: Sequence[Vote], labels: Sequence[str], prior: Prior | None = None
) -> list[Vote]:
    """Votes with batch-calibrated log-probabilities and the labels that follow from them.

    With a prior the answers of a batch are brought to it instead of to evenly many of each.
    """
    result: list[Vote] = []
    for voter in sorted({vote.voter for vote in votes}):
        own = [vote for vote in votes if vote.voter == voter]
        scored = [vote.logprobs for vote in own if vote.logprobs is not None]
        if voter < 0:  # no labeler, and no bias of a model's to take out
            result += own
            continue
        if len(scored) < max(1, MIN_CALIBRATED * len(labels)):
            result += own
            continue
        # by whole answers, where an answer has several labels: their means add up
        mean = {name: sum(s[name] for s in scored) / len(scored) for name in scored[0]}
        if prior is not None:
            mean = {name: value - prior(name) for name, value in mean.items()}
        result += [_shifted(vote, mean) for vote in own]
    return result


def _shifted(vote: Vote, mean: Mapping[str, float]) -> Vote:
    if vote.logprobs is None:
        return vote
    raw = {label: value - mean[label] for label, value in vote.logprobs.items()}
    peak = max(raw.values())
    total = peak + math.log(sum(math.exp(value - peak) for value in raw.values()))
    scores = {label: value - total for label, value in raw.items()}
    return replace(vote, label=max(scores, key=scores.__getitem__), logprobs=scores)


def _fault_of(
    normal_form: str, known: Sequence[KnownTexts], off_limits: Collection[str]
) -> str | None:
    if not normal_form:
        return "empty"
    if normal_form in off_limits:
        return "equals a held-out row"
    return "duplicate" if any(part.equal(normal_form) for part in known) else None


def _without_majority(votes: Sequence[Vote]) -> str:
    if any(vote.label for vote in votes):
        return "tied vote"
    reasons = [vote.reason for vote in votes if vote.reason]
    return f"unlabelled: {reasons[0]}" if reasons else "unlabelled"


def _candidate(
    draft: Draft, label: str, votes: Sequence[Vote], answers: Sequence[str] | None
) -> Candidate:
    for_it = [vote for vote in votes if vote.label == label]
    scored = [math.exp(vote.logprobs[label]) for vote in votes if vote.logprobs is not None]
    cast = sum(vote.label is not None for vote in votes)
    return Candidate(
        draft=draft,
        label=label,
        probability=sum(scored) / len(scored) if scored else None,
        agreement=len(for_it) / cast,
        votes=tuple(votes),
        distribution=None if answers is None else distribution_of(votes, answers),
    )
