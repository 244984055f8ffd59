"""A stopping rule replayed on stored curves: when it would have stopped, and what came afterwards.

A rule sees the rounds of a run one after another. Where it stops, the run's later rounds say
whether it was right: the student gained less for 1,000 tokens, to the end of the run, than was
asked for. A stop at the last round can't be judged, and is none. Beside it stands what a stop at
any round would have been right in: where nearly all curves are flat, every rule is. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from evokd.runs.forecast import LEAST, NEXT, forecast


class StoredCurve(NamedTuple):
    """A run's rounds, in order."""

    tokens: tuple[float, ...]
    """Billed until then."""
    seen: tuple[float, ...]
    """The scores that the rule goes by: dev, or test where the run has no dev."""
    scores: tuple[float, ...]
    """The scores that say what was gained: test."""

    @property
    def judged(self) -> range:
        """Rounds at which a rule may stop: enough of them before, and tokens spent after."""
        spent = [at for at in self.tokens if at > 0]
        first = len(self.tokens) - len(spent) + LEAST - 1
        return range(first, len([at for at in self.tokens if at < self.tokens[-1]]))

    def gained(self, place: int) -> float:
        """Score for 1,000 tokens from a round to the end."""
        spent = self.tokens[-1] - self.tokens[place]
        return (self.scores[-1] - self.scores[place]) / spent * NEXT


Rule = Callable[[Sequence[float], Sequence[float]], bool]
"""Whether to stop after these rounds: billed tokens, scores."""


def below_gain(least: float) -> Rule:
    """`loop.stop_below_gain`: the next 1,000 tokens surely add less."""

    def rule(tokens: Sequence[float], scores: Sequence[float]) -> bool:
        found = forecast(tokens, scores)
        return found is not None and found.gain().high < least

    return rule


def below_expected(least: float) -> Rule:
    """The bolder rule that stands beside it: less is expected of them."""

    def rule(tokens: Sequence[float], scores: Sequence[float]) -> bool:
        found = forecast(tokens, scores)
        return found is not None and found.gain().value < least

    return rule


def out_of_patience(rounds: int) -> Rule:
    """`loop.patience`: no better score for so many rounds; the warm-up's doesn't count."""

    def rule(tokens: Sequence[float], scores: Sequence[float]) -> bool:
        own = [score for at, score in zip(tokens, scores, strict=True) if at > 0]
        return len(own) - 1 - own.index(max(own)) >= rounds if own else False

    return rule


class Stop(NamedTuple):
    """Where a rule would have ended a run."""

    spent: float
    """Share of the run's tokens that were spent by then."""
    gained: float
    """Score for 1,000 tokens that came afterwards."""
    missed: float
    """Score of the last round minus that at the stop."""


def replay(curve: StoredCurve, rule: Rule) -> Stop | None:
    """The first stop; None where the rule lets the run go to its end."""
    for place in curve.judged:
        if rule(curve.tokens[: place + 1], curve.seen[: place + 1]):
            missed = curve.scores[-1] - curve.scores[place]
            return Stop(curve.tokens[place] / curve.tokens[-1], curve.gained(place), missed)
    return None


class Replayed(NamedTuple):
    """A rule over the curves of a study; shares and means are None where there is nothing."""

    curves: int
    """Long enough for a stop that can be judged."""
    short: int
    """Those that are not."""
    stops: int
    right: int
    """Stops after which less than asked for was gained."""
    rounds: int
    """Rounds at which a rule could have stopped, of all curves."""
    right_anywhere: int
    """Those that a stop would have been right at."""
    spent: float | None
    """Mean share of the tokens that were spent at a stop."""
    missed: float | None
    """Mean score that was yet to come at a stop."""


def replay_all(curves: Sequence[StoredCurve], rule: Rule, least: float) -> Replayed:
    """One rule on all curves.

    Args:
        curves: Stored ones.
        rule: When to stop.
        least: Score for 1,000 tokens: a stop is right if less came.
    """
    long = [curve for curve in curves if curve.judged]
    stops = [stop for curve in long if (stop := replay(curve, rule)) is not None]
    anywhere = [curve.gained(place) < least for curve in long for place in curve.judged]
    return Replayed(
        curves=len(long),
        short=len(curves) - len(long),
        stops=len(stops),
        right=sum(stop.gained < least for stop in stops),
        rounds=len(anywhere),
        right_anywhere=sum(anywhere),
        spent=_mean([stop.spent for stop in stops]),
        missed=_mean([stop.missed for stop in stops]),
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
