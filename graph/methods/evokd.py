"""EvoKD (Liu et al. 2024, arXiv 2403.06414): what the student got wrong steers what is written.

Its controls and EvoKD + Init are the same graph (`graph/build.py`) with one thing changed, and
inherit from it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal

from agents.ballot import DuplicateIndex
from evokd.config import Role
from evokd.tasks.formats.pair import NearDuplicatePairs
from evokd.tasks.text import NearDuplicates
from graph.core.loop_method import LoopMethod
from graph.core.pool_share import check_rewriting

if TYPE_CHECKING:
    from evokd.tasks.task import Task
    from graph.core.graph_builder import GraphBuilder
    from graph.core.run_context import RunContext
    from prompts.pack import Pack


class EvoKDLoop(LoopMethod):
    """What EvoKD and its controls have in common: the loop as the README draws it."""

    introduces = True
    translates = True
    retrieves = True
    revision = 2  # an analysis reaches the calls for the classes it is about
    paraphrases: ClassVar[bool] = False
    """Whether AugGPT's paraphrases of the seed shots join the warm-up."""
    selects: ClassVar[bool] = False
    """Whether a selector stands between critic and evaluator."""
    seat: ClassVar[Literal["labeler", "oracle"]] = "labeler"
    """Who labels the texts, unless their writers do."""

    @property
    def has_person(self) -> bool:
        """See `Method`."""
        return True

    @property
    def analyses(self) -> bool:
        """See `LoopMethod`."""
        return self.config.loop.feedback.analysis == "llm" and self.marks != "none"

    @property
    def briefs(self) -> str | None:
        """The node that tells the writers what the student is weak in; None: nobody does."""
        return "analyst" if self.analyses else None

    def handed_on(self, fed: str) -> str:
        """What the way into the next round carries, as the drawing names it.

        Args:
            fed: What EvoKD would hand on: `right and wrong`, or `wrong only`.
        """
        return "nothing" if self.marks == "none" else fed

    @property
    def writers(self) -> tuple[Role, ...]:
        """The generators, in the order they are drawn."""
        easy: tuple[Role, ...] = ("easy_generator",) if self.config.loop.switches.easy else ()
        return (*easy, "hard_generator")

    @property
    def roles(self) -> tuple[Role, ...]:
        on = self.config.loop.switches
        return (
            *["paraphraser"] * self.paraphrases,
            *["analyst"] * self.analyses,
            *self.writers,
            *["translator"] * (self.config.loop.written_in is not None),
            *["labeler"] * (on.separate_labels and self.seat == "labeler"),
            *["critic"] * on.critic,
        )

    def check(self, task: Task, pack: Pack) -> None:
        super().check(task, pack)
        from graph.core.channels import check_channels

        check_channels(self, pack)
        check_rewriting(self.config, pack)

    def wire(self, run: RunContext) -> GraphBuilder:
        from graph.build import wire_evokd

        return wire_evokd(run, self)

    def repetition(self) -> Callable[[], DuplicateIndex]:
        """Near-duplicates, of pairs by both texts."""
        return NearDuplicatePairs if self.config.task.kind == "pair" else NearDuplicates


class EvoKD(EvoKDLoop):
    """The method itself."""

    name = "evokd"
    leads = True

    @classmethod
    def title(cls) -> str:
        return "EvoKD"
