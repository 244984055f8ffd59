"""What a learning curve promises: its limit, the next tokens' gain, the tokens to a score.

A power law (`evokd.runs.power_law`) is fitted to the rounds of one run. The intervals are those of
a bootstrap of residuals: the law plus residuals drawn with repetition, fitted again. Pairs (tokens,
score) are not resampled, since the tokens are no accident and, of six rounds, a resample often
holds no more than three, through which a law goes exactly. Residuals are widened by √(n / (n − 3))
for the three numbers fitted. Both take rounds for independent; a student that goes on from its last
weights is not, and the test rows are the same each time: the interval is the least that one should
doubt, not the most.

The expected gain is the mean over the resamples, not the gain of the best fit: a noisy curve whose
best fit happens to be flat may still rise, and only more rounds take that away.

Everything random has a fixed seed, so that a resumed run decides as the uninterrupted one did.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from evokd.runs.power_law import PARAMETERS, Fits, PowerLaw, fit, fit_many
from evokd.runs.run import Run, mapping, number

LEAST = 5
"""Fewest rounds, at different numbers of tokens, that get a forecast: three numbers are fitted, and
what is left over must say how far to trust them."""
RESAMPLES = 400
LEVEL = 0.95
NEXT = 1000
"""Tokens that a gain is told for."""
HORIZON = 100
"""A score that is reached only after so many times the tokens spent counts as never reached."""


class Points(NamedTuple):
    """A curve, round by round."""

    tokens: tuple[float, ...]
    """Billed so far."""
    scores: tuple[float, ...]


class Estimate(NamedTuple):
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


class Reached(NamedTuple):
    """Tokens at which the law reaches a score; None: never, or too far to say."""

    at: float | None
    low: float | None
    """Lower end of the interval; None: all of it is too far."""
    high: float | None
    """Upper end; None: the interval is open."""
    never: float
    """Share of the resamples that don't reach it."""


@dataclass(frozen=True)
class Forecast:
    """A curve's law and those of its resamples."""

    law: PowerLaw
    resampled: Fits
    rounds: int
    """Points that were fitted."""
    spent: float
    """Tokens of the last one."""

    @property
    def limit(self) -> Estimate:
        """The score after any number of tokens."""
        return Estimate(self.law.limit, *_middle(self.resampled.limit))

    def gain(self, tokens: float = NEXT) -> Estimate:
        """What the next tokens are expected to add to the score, at least 0."""
        gains = self.resampled.at(self.spent + tokens) - self.resampled.at(self.spent)
        return Estimate(float(gains.mean()), *_middle(gains))

    def reaches(self, score: float) -> Reached:
        """How many tokens, from the run's beginning, it takes to a score."""
        farthest = HORIZON * self.spent
        found = np.sort(self.resampled.tokens_to(score))
        edge = (1 - LEVEL) / 2
        low, high = (float(found[int(at * (len(found) - 1))]) for at in (edge, 1 - edge))
        at, low_at, high_at = (
            one if one <= farthest else None for one in (self.law.tokens_to(score), low, high)
        )
        return Reached(at, low_at, high_at, float(np.mean(found > farthest)))


def forecast(tokens: Sequence[float], scores: Sequence[float]) -> Forecast | None:
    """The forecast of a curve; None of fewer than `LEAST` rounds that cost something.

    Args:
        tokens: Billed after each round. Rounds at 0 are left out: the law has no value there.
        scores: In [0, 1].
    """
    points = [(t, s) for t, s in zip(tokens, scores, strict=True) if t > 0 and math.isfinite(s)]
    if len({at for at, _ in points}) < LEAST:
        return None
    at, curve = [t for t, _ in points], np.asarray([s for _, s in points])
    law = fit(at, curve.tolist())
    fitted = np.asarray([law.at(t) for t in at])
    left = curve - fitted
    left = (left - left.mean()) * math.sqrt(len(points) / (len(points) - PARAMETERS))
    drawn = np.random.default_rng(len(points)).integers(0, len(left), (RESAMPLES, len(left)))
    return Forecast(law, fit_many(at, fitted + left[drawn]), len(points), max(at))


def learning_curve(run: Run) -> tuple[str, Points]:
    """The split that a run's forecast goes by, and its curve of the task's metric.

    Dev where the run has dev scores, for what to do next may be decided by them; else test.
    """
    split = "dev" if any(mapping(line.get("dev")) for line in run.metrics) else "test"
    name = run.score_names[0]
    pairs = [
        (number(line.get("billed_tokens")), number(mapping(line.get(split)).get(name)))
        for line in run.metrics
    ]
    known = [(t, s) for t, s in pairs if t is not None and s is not None]
    return split, Points(tuple(t for t, _ in known), tuple(s for _, s in known))


def too_few(points: Points) -> str:
    """Why a curve has no forecast."""
    known = len({at for at in points.tokens if at > 0})
    return (
        f"no forecast: it takes {LEAST} rounds that cost tokens and have a score, here"
        f" {'is' if known == 1 else 'are'} {known}"
    )


def in_words(run: Run) -> str | None:
    """A run's forecast as a sentence, or why there is none; None where no round cost a token."""
    split, points = learning_curve(run)
    if not any(points.tokens):
        return None
    found = forecast(points.tokens, points.scores)
    if found is None:
        return too_few(points)
    limit, gain = found.limit, found.gain()
    return (
        f"by the {split} curve so far the next {NEXT:,} tokens add {gain.value:+.4f}"
        f" (95 % {gain.low:.4f} to {gain.high:.4f}), and any number of them leads to"
        f" {limit.value:.3f} ({limit.low:.3f} to {limit.high:.3f}): a − b · T^(−c) of"
        f" {found.rounds} rounds, which are no independent witnesses"
    )


def _middle(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float]:
    edge = (1 - LEVEL) / 2
    low, high = np.quantile(values, [edge, 1 - edge])
    return float(low), float(high)
