"""ZeroGen (Ye et al. 2022, arXiv 2202.07922): texts for a class, trained on as they come.

The published prompt first invents titles, then writes 32 texts a title, with a base model that
continues the sentence. Here the pack's `writer` template asks a chat model for texts of the class
in turn. Published: the student is retrained every 10,000 rows; here after every round of as many
texts as EvoKD's, so that the curves have points at small budgets. SunGen and ProGen write so too.
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.writer import Commission


def commissions(
    labels: Sequence[str], *, texts: int, per_call: int, round_number: int
) -> list[Commission]:
    """Calls for `texts` texts, classes in turn, going on where the round before ended.

    Args:
        labels: Of the task, in order.
        texts: In this round; the same in each.
        per_call: Texts of one call.
        round_number: From 1.
    """
    starts = range(0, texts, per_call)
    shift = (round_number - 1) * len(starts)
    return [
        Commission(labels[(shift + number) % len(labels)], min(per_call, texts - start))
        for number, start in enumerate(starts)
    ]
