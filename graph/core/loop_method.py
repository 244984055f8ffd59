"""A method that teaches an encoder: what the nodes of the loop ask of it.

All but reasoning distillation are of this kind; see `graph.core.method`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from agents.ballot import DuplicateIndex
from agents.records import Draft, Marked
from agents.task_view import TaskView
from agents.writer import WriteRequest
from evokd.config import Config, ConfigError, Role, TaskKind
from evokd.config.task import CAUSAL_KINDS
from evokd.tasks.example import Example
from evokd.tasks.text import NearDuplicates
from graph.core.decoding import check_decoding, decoding_remarks
from graph.core.feedback import shown
from graph.core.method import Method
from graph.core.pool_share import check_pool
from graph.core.soft_labels import check_settings, check_sources
from student.encoder.training_plan import TrainingPlan, warm_up_plan

if TYPE_CHECKING:
    from evokd.tasks.task import Task
    from graph.core.node_context import NodeContext
    from graph.core.run_context import RunContext
    from prompts.pack import Pack

Marks = Literal["true", "shuffled", "yoked", "none"]
"""What verdicts reach the readers: this student's as they are, dealt out anew, those on the rows
of another run, or none at all."""
ENCODER_KINDS: frozenset[TaskKind] = frozenset(get_args(TaskKind)) - CAUSAL_KINDS


class LoopMethod(Method):
    """A method that teaches an encoder, from `warm_up` to `trainer`."""

    kinds = ENCODER_KINDS
    marks: ClassVar[Marks] = "true"
    introduces: ClassVar[bool] = False
    """Whether classes may come in on the way (`task.introduce`)."""
    translates: ClassVar[bool] = False
    """Whether its graph has a place for a translator (`loop.written_in`)."""
    retrieves: ClassVar[bool] = False
    """Whether its graph has a place for texts of the pool (`loop.pool_share`, `loop.rewrite`)."""
    relabels: ClassVar[bool] = True
    """Whether the critic's label outranks the vote; else its relabelling only accepts."""
    weighs: ClassVar[bool] = False
    """Whether it learns weights of rows before the student trains on them."""
    ranks: ClassVar[bool] = False
    """Whether it goes by the student's loss on the rows: `Marked.loss` is filled in."""

    believes: bool = False
    """Whether votes say how sure a label is that no labeler gave."""

    examines_dev: ClassVar[bool] = False
    """Whether its feedback is the verdicts on a synthetic dev set: the analyst gets their confusion
    matrix and F1 by class."""

    def check_config(self) -> None:
        super().check_config()
        config, budget, loop = self.config, self.config.budget, self.config.loop
        if loop.rounds is None and not budget.limits:
            raise ConfigError(
                "config: the run would never end: set `loop.rounds` or a limit under `budget`"
            )
        for key in ("patience", "stop_below_gain"):
            if getattr(loop, key) and not config.task.data.dev:
                raise ConfigError(
                    f"config: `loop.{key}` needs `task.data.dev`: test rows never steer a run"
                )
        continues = config.student.update == "continue"
        if config.student.steps and continues and not (budget.tokens or loop.rounds):
            raise ConfigError(
                "config: `student.steps` with `student.update: continue` shares the steps out over"
                " the budget: set `budget.tokens` or `loop.rounds`, or `student.update: retrain`"
            )
        if config.task.introduce and not self.introduces:
            raise ConfigError(
                "config: `task.introduce` needs a method that goes on over rounds with a labeler"
                f" (evokd and its controls), not {self.name}"
            )
        check_settings(config)
        if loop.written_in is not None:
            check_translation(config, translates=self.translates)
        check_pool(config, retrieves=self.retrieves)

    def remarks(self) -> list[str]:
        """See `Method`."""
        loop = self.config.loop
        found = [*super().remarks(), *decoding_remarks(self)]
        asked = [name for name in ("report", "confident") if getattr(loop.feedback, name)]
        if asked and not self.analyses:
            names = " and ".join(f"loop.feedback.{name}" for name in asked)
            found.append(
                f"{names}: read by the analyst alone, and nobody analyses here: it changes nothing"
            )
        if self.config.student.noise is not None and not self.writes:
            found.append(
                f"student.noise: method {self.name} learns gold labels alone, which nobody doubts:"
                " it changes nothing"
            )
        if loop.keep is not None or loop.review.policy is not None:
            from graph.core.memory import memory_remarks  # it brings numpy

            found += memory_remarks(self.config)
        return found

    async def prepare(self) -> None:
        """A base model that is not there, or can't take such texts, is found out at the start."""
        from student.encoder.base import check_base

        await asyncio.to_thread(check_base, self.config.student)

    @property
    def votes(self) -> bool:
        """Whether labelers vote on what is written; else the writer's own label stands."""
        return "labeler" in self.roles

    @property
    def closing(self) -> tuple[str, ...]:
        """The nodes of a round behind the agents' last verdict, one after another."""
        config, loop = self.config, self.config.loop
        return (
            *["person"] * (loop.human is not None),
            "evaluator",
            *["keeper"] * (loop.keep is not None),
            *["review"] * loop.switches.review,
            *["weigher"] * self.weighs,
            *["auditor"] * (config.student.noise is not None),
            "trainer",
        )

    @property
    def writes(self) -> bool:
        """Whether there are rows besides the seed shots."""
        return True

    def check(self, task: Task, pack: Pack) -> None:
        super().check(task, pack)
        check_decoding(self, pack)
        check_sources(self, pack, TaskView.of(task, self.shots(task), self.config))

    @property
    def writers(self) -> tuple[Role, ...]:
        """The roles that write in each round, in the order they are drawn."""
        return ()

    @property
    def analyses(self) -> bool:
        """Whether an analyst reads the student's verdicts."""
        return False

    def requests(self, node: NodeContext, state: Mapping[str, Any]) -> Sequence[WriteRequest]:
        """What `writer` or `paraphraser` is told to write in this round."""
        raise AssertionError(f"{self.name} has no writer")

    @property
    def texts_a_round(self) -> int | None:
        """Texts of a round that nothing cuts short; None: as many as EvoKD writes."""
        return None

    def repetition(self) -> Callable[[], DuplicateIndex]:
        """Makes the index of what a new text of a class must not repeat."""
        return equal_only

    def screened(
        self, node: NodeContext, state: Mapping[str, Any], drafts: Sequence[Draft]
    ) -> Sequence[Draft]:
        """Written texts before the ballot, with the fault of those that may not be trained on."""
        return drafts

    def tell(self, node: NodeContext, marked: Sequence[Marked]) -> Sequence[Marked]:
        """The student's verdicts of this round as the readers of the next one get them.

        Args:
            node: Warm-up or evaluator.
            marked: As the student gave them; none in a round without an accepted row.

        Returns:
            Nothing where there is nothing new: the feedback before it stays.
        """
        return marked

    def shown(self, rows: Sequence[Marked], rng: random.Random) -> Sequence[Marked]:
        """What of the feedback writers get to see where no analyst stands before them."""
        return shown(rows, self.config.loop, rng)

    def measure(
        self, run: RunContext, rows: Sequence[Example], predicted: Sequence[str]
    ) -> dict[str, Any]:
        """Further fields of a round's line in metrics.jsonl, of test rows and what was predicted.

        They go nowhere else: no prompt, no selection, no stopping rule, no state.
        """
        return {}

    def warm_up(self, run: RunContext, rows: Sequence[Example]) -> TrainingPlan:
        """What the student trains on before round 1; `rows`: seed shots and what was written."""
        return warm_up_plan(self.config.student, rows)

    def spent(self, number: int, examined: Sequence[Marked] | None = None) -> str | None:
        """Why the method itself has nothing left to do after a round; None while it has.

        Args:
            number: The round; 0 is the warm-up.
            examined: Verdicts on the seed shots, where an examiner asked for them.
        """
        return None

    async def finish(self, run: RunContext, state: dict[str, Any]) -> None:
        from graph.core.finish import finish

        await finish(run, int(state["round"]) - 1)


def equal_only() -> DuplicateIndex:
    """Finds nothing but equal texts: EDA and AugGPT live on near-duplicates."""
    return NearDuplicates(threshold=1.0)


UNTRANSLATABLE: Mapping[TaskKind, str] = {
    "ner": "entities are marked by their place in the text, which a translation moves",
    "pair": "premise and hypothesis must say the same things by the same names, which a translation"
    " of whole items does not promise",
    "choice": "the choices of a question must stay apart and in order, which a translation of whole"
    " items does not promise",
}
"""Kinds whose texts can't be said anew as a whole, and why."""


def check_translation(config: Config, *, translates: bool) -> None:
    """Refuse a translator where it has no place in the graph, or would do harm.

    Raises:
        ConfigError: saying why.
    """
    reason = UNTRANSLATABLE.get(config.task.kind)
    if reason is not None:
        raise ConfigError(
            f"loop.written_in: does not work with task.kind {config.task.kind}: {reason};"
            " leave it out, and the writers write in task.language"
        )
    if not translates:
        raise ConfigError(
            f"loop.written_in: method {config.method} has no place for a translator; it writes in"
            " task.language (EvoKD and its controls can be translated)"
        )
