"""ProGen (Ye et al. 2022, arXiv 2210.12329): ZeroGen, shown the rows that helped the student most.

Published: influence is first computed at 2,000 rows, on 1,000 validation rows, and half of the
prompts carry 8 helpful rows of the class. Here it begins at `rivals.progen.start_rows`, half of
the rows are the validation set, and a prompt shows `rivals.progen.shown` rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from agents.writer import Commission
from evokd.baselines.helpful import draw_examples
from evokd.tasks.example import Example


def with_examples(
    commissions: Sequence[Commission],
    helpful: Sequence[Example],
    *,
    shown: int,
    share: float,
    rng: Random,
) -> list[Commission]:
    """Every call of a class with helpful rows carries `shown` of them with probability `share`.

    The rows travel as parents too, so a text's lineage names what it was written after.
    """
    by_label: dict[str, list[Example]] = {}
    for row in helpful:
        by_label.setdefault(row.label, []).append(row)
    result = []
    for one in commissions:
        rows = draw_examples(by_label, one.label, count=shown, share=share, rng=rng)
        texts, ids = tuple(row.text for row in rows), tuple(row.id for row in rows)
        result.append(replace(one, examples=texts, parents=ids))
    return result
