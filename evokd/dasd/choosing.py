"""The selection that a config asks for, and its control by chance."""

from __future__ import annotations

from evokd.dasd.scores import Thresholds
from evokd.dasd.selection import (
    Ordering,
    Selection,
    SelectionCandidate,
    Within,
    by_rank,
    by_thresholds,
    same_count,
    same_tokens,
)
from evokd.dasd.settings import SelectionConfig


def thresholds_of(config: SelectionConfig) -> Thresholds:
    """When a sentence is the teacher's."""
    return Thresholds(config.confidence, config.divergence, config.share, config.per)


def order_of(config: SelectionConfig, seed: int) -> Ordering:
    """What responses are taken by."""
    return Ordering(config.order, config.weighting, thresholds_of(config), seed)


def choose(
    config: SelectionConfig, candidates: tuple[SelectionCandidate, ...], seed: int
) -> Selection:
    """What the config's rule keeps."""
    if config.by == "all":
        return by_rank(candidates, 1.0, Ordering("random", seed=seed), "stratum")
    if config.by == "thresholds":
        return by_thresholds(candidates, thresholds_of(config))
    return by_rank(candidates, config.fraction, order_of(config, seed), _within(config))


def by_chance(
    config: SelectionConfig,
    candidates: tuple[SelectionCandidate, ...],
    chosen: Selection,
    seed: int,
) -> Selection:
    """As many by chance, from the strata of what was chosen.

    Ranked within a question by several responses each, the control takes from the same questions.
    """
    several = len(candidates) > 2 * len({one.question for one in candidates})
    within: Within = "question" if _within(config) == "question" and several else "stratum"
    return same_count(candidates, chosen, Ordering("random", seed=seed), within)


def by_tokens(
    candidates: tuple[SelectionCandidate, ...], chosen: Selection, seed: int
) -> Selection:
    """As many tokens by chance, as near as whole responses come."""
    return same_tokens(candidates, chosen.size, Ordering("random", seed=seed))


def _within(config: SelectionConfig) -> Within:
    return "question" if config.within == "question" else "stratum"
