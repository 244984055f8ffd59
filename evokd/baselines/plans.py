"""The rivals as plans: which seat makes the rows, and what is done to them. `graph/` runs them.

| method | rows come from | label | afterwards |
|---|---|---|---|
| no_aug | nowhere | | |
| full_shot | the whole training set (a reference, not a rival) | gold | |
| eda | `augmenter`: edits of each seed text, no tokens | the seed's | |
| zerogen | `writer`: texts for a class | as ordered | |
| sungen | `writer` | as ordered | `weigher`: weights from the bilevel objective |
| progen | `writer`, shown helpful rows half the time | as ordered | `influence`: which helped |
| auggpt | `paraphraser`: each seed text in other words | the seed's | |
| llm2llm | `writer`: more like the seed rows that were wrong | gold | `examiner`: which are wrong |

`static`, `loss_ranked`, `evokd_shuffled` and `evokd_init` are EvoKD's own graph with another way
back (`graph/build.py`). The trainer is the same for all: `student` in the config says how it
trains, for a study compares where rows come from. Published sizes are scaled down to the budget:
each module says how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from evokd.config import Method

SPENT = "nothing left to do"
"""How the reason to stop begins when a method ends before its budget: its curve goes on flat."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One rival."""

    source: Literal["augmenter", "writer", "paraphraser"] | None
    """The seat that makes its rows; None: it makes none."""
    after: Literal["influence", "examiner"] | None = None
    """The node between two rounds."""
    weighs: bool = False
    """Rows get weights before training."""
    once: bool = False
    """One pass over the seed rows, then it has nothing left to do."""


PLANS: Mapping[Method, Plan] = {
    "no_aug": Plan(None),
    "full_shot": Plan(None),
    "eda": Plan("augmenter", once=True),
    "zerogen": Plan("writer"),
    "sungen": Plan("writer", weighs=True),
    "progen": Plan("writer", after="influence"),
    "auggpt": Plan("paraphraser", once=True),
    "llm2llm": Plan("writer", after="examiner"),
}
UNGUIDED: frozenset[Method] = frozenset({"static", "loss_ranked"})
"""EvoKD's writers and labelers without verdicts: no analyst, no student errors in any prompt."""
