"""ProGen (Ye et al. 2022, arXiv 2210.12329): ZeroGen, shown the rows that helped the student most.

Published (HKUNLP/ProGen): influence is first computed at 2,000 rows, on 1,000 validation rows; of
each class the 50 rows of highest influence, helpful ones only, become a pool, and half of the
prompts draw 8 of their class from it. Here it begins at `rivals.progen.start_rows`, half of the
rows are the validation set, and a prompt shows `rivals.progen.shown` rows. At a few dozen rows
fifty a class would be all of them, so the settings say how many; a small pool shows the same rows
again and again, which narrows what is written next: that is what scaling down costs. Influence is
`student.selection.influence.helpfulness`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from agents.writer import WriteRequest
from evokd.config import TaskKind
from evokd.config.strict import Strict
from evokd.tasks.example import Example
from graph.methods.sungen import ONE_ANSWER, ONE_OUTPUT, ONE_SET, SENTENCE
from graph.methods.zerogen import ZeroGen
from student.selection.helpful import draw_examples

if TYPE_CHECKING:
    from graph.core.node_context import NodeContext


class ProGenSettings(Strict):
    """ProGen's in-context feedback; the published run begins at 100 rows and needs 2,000."""

    start_rows: int = Field(24, ge=2)
    """Rows before influence is asked for the first time; half of them are its validation set."""
    pool: int = Field(16, ge=1)
    """Most helpful rows of a class that examples are drawn from (published: 50)."""
    shown: int = Field(4, ge=1)
    """Rows that a prompt shows, of the class to be written (published: 8)."""
    share: float = Field(0.5, ge=0, le=1)
    """Share of the prompts that carry them."""


class ProGen(ZeroGen):
    """Texts for the classes in turn, some after the rows that helped."""

    name = "progen"
    settings_type = ProGenSettings
    section = "rivals.progen"
    refuses: ClassVar[Mapping[TaskKind, str]] = {
        "choice": ONE_OUTPUT,
        "multi": ONE_ANSWER,
        "multilabel": ONE_SET,
        "ner": f"{SENTENCE}there is no class to show the most helpful rows of",
    }
    between = "influence"

    def requests(self, node: NodeContext, state: Mapping[str, Any]) -> Sequence[WriteRequest]:
        plain = super().requests(node, state)
        helpful = state.get("helpful")
        if helpful is None:
            return plain
        return with_examples(
            plain,
            node.read(helpful, Example),
            shown=self.settings.shown,
            share=self.settings.share,
            rng=node.rng(),
        )


def with_examples(
    requests: Sequence[WriteRequest],
    helpful: Sequence[Example],
    *,
    shown: int,
    share: float,
    rng: Random,
) -> list[WriteRequest]:
    """Every call of a class with helpful rows carries `shown` of them with probability `share`.

    The rows travel as parents too, so a text's lineage names what it was written after.
    """
    by_label: dict[str, list[Example]] = {}
    for row in helpful:
        by_label.setdefault(row.label, []).append(row)
    result = []
    for one in requests:
        rows = draw_examples(by_label, one.label, count=shown, share=share, rng=rng)
        texts, ids = tuple(row.text for row in rows), tuple(row.id for row in rows)
        result.append(replace(one, examples=texts, parents=ids))
    return result
