"""Which rounds review, and which audit."""

from __future__ import annotations


def review_due(round_number: int, every: int) -> bool:
    """Whether this round (from 1) reviews: rounds `every`, 2 x `every`, and so on."""
    return round_number % every == 0
