"""The rivals' state machines: no analyst, no labeler, the same warm-up, trainer and ledger.

    START → warm_up → writer → ballot → evaluator → review → trainer ─┐      zerogen
                        ↑                                go on        │
                        └─────────────────────────────────────────────┘

    sungen   … review → weigher → trainer …          weights of the rows
    any      … review → auditor → trainer …          with `student.noise`
    any      … evaluator → keeper → review …         with `loop.keep`
    progen   trainer → influence → writer            the rows that helped are shown
    llm2llm  warm_up, trainer → examiner → writer    the seed rows that were wrong
    auggpt   warm_up → paraphraser → … → trainer → END, or on with `repeat`
    eda      warm_up → augmenter → … → trainer → END
    attrprompt   START → attribute_proposer → warm_up → writer → …
    curate_refine   START → writer → curator → warm_up → writer → … → trainer
                    trainer → dev_examiner → analyst → writer
    no_aug, full_shot   START → warm_up → END

The trainer is the same for all: `student` in the config says how it trains, for a study compares
where rows come from. Published sizes are scaled down to the budget; each method says how.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Literal

from agents.records import Marked
from evokd.config import ROLES, Role
from graph.core.loop_method import LoopMethod
from graph.core.method import SPENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.core.graph_builder import GraphBuilder
    from graph.core.run_context import RunContext


class Rival(LoopMethod):
    """Rows from one node, labelled as ordered; nobody checks the label."""

    source: ClassVar[Literal["augmenter", "writer", "paraphraser"] | None] = None
    """The node that makes its rows; None: it makes none."""
    between: ClassVar[Literal["influence", "examiner"] | None] = None
    """The node between two rounds."""

    @property
    def once(self) -> bool:
        """Whether it makes one pass over the seed rows, and then has nothing left to do."""
        return False

    @property
    def roles(self) -> tuple[Role, ...]:
        """See `Method`."""
        return (self.source,) if self.source is not None and self.source in ROLES else ()

    @property
    def writes(self) -> bool:
        """See `LoopMethod`."""
        return self.source is not None

    @property
    def has_person(self) -> bool:
        """See `Method`."""
        return self.source is not None

    def spent(self, number: int, examined: Sequence[Marked] | None = None) -> str | None:
        if number == 0 and self.source is None:
            return f"{SPENT}: {self.name} writes nothing"
        if number > 0 and self.once:
            return f"{SPENT}: {self.name} makes one pass over the seed texts"
        return None

    def wire(self, run: RunContext) -> GraphBuilder:
        from graph.core.graph_builder import END, GraphBuilder
        from graph.core.state import LoopState

        graph = GraphBuilder(run, LoopState, method=self)
        graph.node("warm_up")
        self.begin(graph)
        if self.source is None:
            graph.edge("warm_up", END)
            return graph

        row = self.row()
        for name in row:
            graph.node(name, self.nodes.get(name))
        for giver, taker in pairwise(row):
            graph.edge(giver, taker)
        self._rounds(graph, self.source)
        return graph

    def begin(self, graph: GraphBuilder) -> None:
        """What comes before the warm-up."""
        from graph.core.graph_builder import START

        graph.edge(START, "warm_up")

    def row(self) -> list[str]:
        """The nodes of a round, one after another."""
        assert self.source is not None
        return [self.source, "ballot", *self.closing]

    def _rounds(self, graph: GraphBuilder, source: str) -> None:
        """From the warm-up into the first round, and from each round into the next."""
        from graph.core.graph_builder import END

        if self.between is not None:
            graph.node(self.between)
        graph.unless_stopped("warm_up", "examiner" if self.between == "examiner" else source)
        if self.once:
            graph.edge("trainer", END)
        else:
            graph.unless_stopped("trainer", self.between or source)
        if self.between == "examiner":
            graph.unless_stopped("examiner", source)
        elif self.between is not None:
            graph.edge(self.between, source)
