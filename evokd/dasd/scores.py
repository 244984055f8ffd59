"""What a response would tell the student: sentence probabilities, categories, example scores.

Section 2. For a sentence s of n tokens (each model's own) and b bytes, under model M:

    p_M(s) = exp( sum of log p_M(token) / n )     geometric mean over tokens
    q_M(s) = exp( sum of log p_M(token) / b )     per byte: comparable across tokenizers
    d(s)   = p_T(s) - p_S(s)                      or of q, by `Thresholds.per`

T is the teacher, S the student before, D after distillation; all at temperature 1. Sentences
without a token of both models, or with a partial one (`tokens.py`), have no score and are counted.

The rank-surprisal ratio needs the student alone (section 6, arXiv 2601.14249):

    RSR = sum of min(rank, 100) / sum of NLL      over the response's tokens; lower is better
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evokd.dasd.alignment import Aligned, PlacedToken, assign
from evokd.dasd.spans import ByteSpan, split_sentences
from evokd.dasd.tokens import Unscorable

Per = Literal["token", "byte"]
Category = Literal["teacher", "student", "shared_or_boosted", "low_confidence"]
Weighting = Literal["bytes", "equal", "share"]
RANK_CAP = 100


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a sentence is the teacher's; the report's values.

    All are inclusive, as in section 2 of the method (the report's own code asked for more).
    """

    confidence: float = 0.6
    """c, least p_T; 0 switches the condition off."""
    divergence: float = 0.2
    """δ, least d."""
    share: float = 0.3
    """Least share of teacher sentences in a response that is kept."""
    per: Per = "token"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence under teacher and student, a score each."""

    span: ByteSpan
    teacher: float
    """Sum of log-probabilities."""
    teacher_tokens: int
    student: float
    student_tokens: int

    def p_teacher(self, per: Per = "token") -> float:
        """p_T, or q_T per byte."""
        return mean_probability(self.teacher, self._size(per, self.teacher_tokens))

    def p_student(self, per: Per = "token") -> float:
        """p_S, or q_S per byte."""
        return mean_probability(self.student, self._size(per, self.student_tokens))

    def divergence(self, per: Per = "token") -> float:
        """The gap d in [-1, 1]; above 0 the teacher is surer of the sentence."""
        return self.p_teacher(per) - self.p_student(per)

    def _size(self, per: Per, tokens: int) -> int:
        return tokens if per == "token" else self.span.size


@dataclass(frozen=True, slots=True)
class ResponseScores:
    """One response."""

    sentences: tuple[Sentence, ...]
    """Those that have a score; never empty."""
    unscored: int
    """Sentences without a score, tags not among them."""
    straddlers: int
    """Tokens of either model that reach into a second sentence."""
    clipped: int
    """Tokens of the teacher whose log-probability was raised to the floor."""

    def divergence(self, weighting: Weighting = "bytes", per: Per = "token") -> float:
        """The example score: mean of d(s), weighted by the sentences' bytes or equally."""
        if weighting == "share":
            raise ValueError("weighting: `share` needs thresholds, see `teacher_share`")
        weights = [one.span.size if weighting == "bytes" else 1 for one in self.sentences]
        pairs = zip(weights, self.sentences, strict=True)
        return sum(w * one.divergence(per) for w, one in pairs) / sum(weights)

    def categories(self, thresholds: Thresholds) -> Counter[Category]:
        """How many sentences are of which category."""
        return Counter(
            categorise(one.p_teacher(thresholds.per), one.p_student(thresholds.per), thresholds)
            for one in self.sentences
        )

    def teacher_share(self, thresholds: Thresholds) -> float:
        """The example score by counting: teacher sentences among those with a score."""
        return self.categories(thresholds)["teacher"] / len(self.sentences)

    def score(self, weighting: Weighting, thresholds: Thresholds) -> float:
        """Any of the three example scores."""
        if weighting == "share":
            return self.teacher_share(thresholds)
        return self.divergence(weighting, thresholds.per)


def score_response(
    response: str, teacher: Aligned, student: Aligned, spans: Sequence[ByteSpan] | None = None
) -> ResponseScores | Unscorable:
    """Sentence by sentence, what both models think of a response.

    Args:
        response: The text that the student would learn.
        teacher: Its tokens by `alignment.align` (or `align_parts`).
        student: Its tokens by `alignment.place`.
        spans: Its sentences, where they are at hand; else split here.
    """
    spans = split_sentences(response) if spans is None else spans
    ours, theirs = (assign(response, spans, side.tokens) for side in (teacher, student))
    sentences, unscored = [], 0
    for span, by_teacher, by_student in zip(spans, ours.tokens, theirs.tokens, strict=True):
        if not span.scored:
            continue
        if not _usable(by_teacher) or not _usable(by_student):
            unscored += 1
            continue
        sentences.append(
            Sentence(span, _total(by_teacher), len(by_teacher), _total(by_student), len(by_student))
        )
    if not sentences:
        return Unscorable("no sentence has log-probabilities of both teacher and student")
    straddlers = ours.straddlers + theirs.straddlers
    return ResponseScores(tuple(sentences), unscored, straddlers, teacher.clipped)


def mean_probability(logprob: float, size: int) -> float:
    """Geometric mean: exp(logprob / size), p_M for tokens and q_M for bytes."""
    return math.exp(logprob / size)


def categorise(p_teacher: float, p_student: float, thresholds: Thresholds) -> Category:
    """The category before training; `shared_or_boosted` can't be told apart without D."""
    divergence = p_teacher - p_student
    if divergence >= thresholds.divergence:
        return "teacher" if p_teacher >= thresholds.confidence else "low_confidence"
    return "student" if -divergence >= thresholds.divergence else "shared_or_boosted"


def surprisal(tokens: Sequence[PlacedToken]) -> float | None:
    """Mean NLL of a response's tokens under the student, in nats a token; None without tokens."""
    return -_total(tokens) / len(tokens) if tokens else None


def rank_surprisal(tokens: Sequence[PlacedToken]) -> float | None:
    """RSR; None where a rank is missing or nothing is a surprise (the student is sure of all)."""
    ranks = [token.rank for token in tokens]
    nll = -_total(tokens)
    if nll <= 0 or not ranks:
        return None
    total = 0
    for rank in ranks:
        if rank is None:
            return None
        total += min(rank, RANK_CAP)
    return total / nll


def _usable(tokens: Sequence[PlacedToken]) -> bool:
    return bool(tokens) and not any(token.partial for token in tokens)


def _total(tokens: Sequence[PlacedToken]) -> float:
    return math.fsum(token.logprob for token in tokens)
