"""The primary measure: the area under score against tokens, from 20 to 100 % of the budget.

Divided by its width it is the mean score over that stretch, in [0, 1]. The curve is a step
function: at t tokens a run has the score of the last round that it closed at t or before. The first
fifth is left out because all methods begin there with the same student of the seed shots.
"""

from __future__ import annotations

from collections.abc import Sequence

FROM = 0.2
"""Share of the budget where the area begins."""
FILLED = 0.97
"""Share of the budget from which on it counts as used up."""


BY_TOKENS = "budget.tokens is reached"
"""Reason to stop of a run that used up its tokens."""


def area(
    tokens: Sequence[int], scores: Sequence[float], budget: int, start: float | None = None
) -> float | None:
    """Mean score over 20 to 100 % of a budget; None where the curve begins later, or is none.

    After its last round the curve goes on flat: with that budget one has that student.

    Args:
        tokens: Billed at the end of each round, never falling.
        scores: After each round.
        budget: Billed tokens.
        start: Score before the first round was closed; None: not known.
    """
    begin, whole = FROM * budget, 0.0
    here, score = begin, start
    for at, value in zip(tokens, scores, strict=True):
        until = min(max(float(at), begin), float(budget))
        if until > here:
            if score is None:
                return None
            whole += score * (until - here)
            here = until
        score = value
    if score is None:
        return None
    return (whole + score * (budget - here)) / (budget - begin)


def known_to_the_end(*, flat: bool, by_tokens: bool, filled: float) -> bool:
    """Whether a run's curve may be carried on to the end of its budget.

    A method with nothing left to do, or one that the budget stopped (a further round would not have
    fitted), has no later student. A run that a limit on rounds, calls, dollars or seconds stopped
    short of it might have had.
    """
    return flat or by_tokens or filled >= FILLED
