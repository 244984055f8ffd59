"""Labels for real texts: the student picks rows of a pool, the labeler labels them.

The rival to beat where a heap of unlabelled texts is at hand, after LLMaAA (Zhang et al. 2023,
arXiv 2310.19596), FreeAL (Xiao et al. 2023) and LLKD (arXiv 2411.08028); nothing is written, so all
tokens go to labels and to the critic.

    START → warm_up → picker → labeler → ballot → critic → evaluator → review → trainer ─┐
                        ↑                          go on                                 │
                        └────────────────────────────────────────────────────────────────┘

Each round the student scores `candidates` texts, drawn at random from those not yet taken, and an
acquisition policy (`student.selection.acquire`) picks a batch of them. A label that stands beside a
text in the pool's file is never read.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator

from evokd.config import Config, ConfigError, Role, TaskKind
from evokd.config.nearest import did_you_mean
from evokd.config.strict import Strict
from graph.core.loop_method import LoopMethod

if TYPE_CHECKING:
    from evokd.tasks.pool import PoolText
    from evokd.tasks.task import Task
    from graph.core.graph_builder import GraphBuilder
    from graph.core.picks import Floats, Heads
    from graph.core.run_context import RunContext
    from prompts.pack import Pack

RANDOM = "random"
BLIND = frozenset({RANDOM, "margin", "entropy", "least_confidence"})
"""Policies that look at no embeddings: with these alone the pool is never embedded."""


class PoolSettings(Strict):
    """Which texts of the pool get a label."""

    candidates: int = Field(2000, ge=1)
    """Texts that the student scores in a round, drawn at random from those not yet taken."""
    batch: int | None = Field(None, ge=1)
    """Texts that are labelled in a round; None: as many as EvoKD writes in one. The last round of a
    token budget may have fewer."""
    policy: str = "margin"
    """How they are picked: `random`, `margin`, `entropy`, `least_confidence`, `kmeans_pp`,
    `typicality` or `cluster_margin`."""
    cold_start: str | None = None
    """Another policy for the first rounds, when the student knows too little to say what it is
    unsure of (`typicality`, after TypiClust); None: `policy` from the beginning."""
    cold_rounds: int = Field(1, ge=1)
    """Rounds that `cold_start` picks for."""
    demonstrations: int = Field(0, ge=0)
    """Labelled rows (seed shots and accepted rows) that the labeler is shown with their labels, the
    nearest to the text by base embeddings (LLMaAA; 4 to 8); 0: what its prompt pack shows."""

    @field_validator("policy", "cold_start")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        from student.selection.acquire import ACQUIRE

        if name is not None and name not in ACQUIRE:
            raise ValueError(
                f"expected one of {', '.join(ACQUIRE)}, got {name!r}{did_you_mean(name, ACQUIRE)}"
            )
        return name


class Pool(LoopMethod):
    """Labels for texts of the pool."""

    name = "pool"
    settings_type = PoolSettings
    section = "methods.pool"
    sees_real_texts = True
    refuses: ClassVar[Mapping[TaskKind, str]] = {
        "choice": "its policies compare texts by one distribution over labels, and the choices of a"
        " question are no labels that questions share",
        "ner": "its policies compare texts by one distribution over labels, and a sentence has any"
        " number of entities",
    }
    _rehearses = False

    def __init__(self, config: Config) -> None:
        """See `Method`."""
        super().__init__(config)
        self._pool: tuple[PoolText, ...] | None = None

    @property
    def roles(self) -> tuple[Role, ...]:
        """See `Method`."""
        return ("labeler", *["critic"] * self.config.loop.switches.critic)

    @property
    def batched(self) -> frozenset[Role]:
        """See `Method`: a labeler that takes several paths has turns."""
        paths = self.config.loop.decoding.labeler != "sample"
        return frozenset({"critic"} if paths else {"labeler", "critic"})

    @property
    def texts_a_round(self) -> int | None:
        """See `LoopMethod`."""
        batch: int | None = self.settings.batch
        return batch

    @property
    def has_person(self) -> bool:
        """See `Method`."""
        return True

    def check_config(self) -> None:
        """See `Method`.

        Raises:
            ConfigError: no pool, no labeler, or a batch that is larger than what it is picked from.
        """
        super().check_config()
        if not self.config.task.data.pool:
            raise ConfigError(
                "config: `method: pool` needs `task.data.pool`: the file (or the split of"
                " `task.data.hub`) with the unlabelled texts it picks from"
            )
        if not self.config.loop.switches.separate_labels:
            raise ConfigError(
                "config: `method: pool` needs `loop.switches.separate_labels: true`: nobody but a"
                " labeler can label a text that nobody wrote"
            )
        batch, candidates = self.settings.batch, self.settings.candidates
        if batch is not None and batch > candidates:
            raise ConfigError(
                f"methods.pool.batch: {batch} texts can't be picked from {candidates}; lower it, or"
                " raise methods.pool.candidates"
            )

    def check(self, task: Task, pack: Pack) -> None:
        """See `Method`."""
        super().check(task, pack)
        from evokd.tasks.pool import untaken

        if not untaken(task.pool, (), (row.text for row in self.shots(task))):
            raise ConfigError("task.data.pool: every text in it equals a seed shot")
        if self.settings.demonstrations:
            check_demonstrations(task, pack)

    def stand_in(self) -> None:
        """See `Method`: which texts are picked costs no tokens, so any will do."""
        self._rehearses = True

    def pool(self, run: RunContext) -> tuple[PoolText, ...]:
        """All texts that may be picked in a run, taken ones among them."""
        if self._pool is None:
            from evokd.tasks.pool import untaken

            pool, known = run.task.pool, (row.text for row in run.seeds)
            self._pool = tuple(pool[place] for place in untaken(pool, (), known))
        return self._pool

    def heads(self, run: RunContext) -> Heads | None:
        """The columns of each head, where a text has several labels."""
        from graph.core.picks import heads_in

        return heads_in(run.task.labels) if self.config.task.kind == "multi" else None

    @property
    def sets(self) -> bool:
        """Whether an answer is a set of labels."""
        return self.config.task.kind == "multilabel"

    async def embeddings(self, run: RunContext, texts: Sequence[str]) -> Floats:
        """Where the base encoder puts texts, [texts, width]; the pool is embedded once, whole."""
        await run.base_vectors.learn(run.students, [one.text for one in run.task.pool], keep=True)
        return await run.base_vectors.of(run.students, texts)

    def policy(self, round_number: int) -> str:
        """The policy that picks in a round, from 1."""
        settings = self.settings
        if settings.cold_start is not None and round_number <= settings.cold_rounds:
            return str(settings.cold_start)
        return str(settings.policy)

    async def acquire(
        self,
        run: RunContext,
        policy: str,
        candidates: Sequence[PoolText],
        probabilities: Floats,
        n: int,
        rng: random.Random,
    ) -> list[int]:
        """Places of the n texts that a policy picks.

        Args:
            run: For its students.
            policy: By name.
            candidates: The texts.
            probabilities: The student's, [texts, labels].
            n: How many.
            rng: For what is drawn.
        """
        import numpy as np

        from graph.core.picks import of_least_sure_head, of_least_sure_label
        from student.selection.acquire import ACQUIRE

        texts = [one.text for one in candidates]
        if self._rehearses:
            policy = RANDOM
        embeddings = np.zeros((len(texts), 1), dtype=np.float32)
        if policy not in BLIND:
            embeddings = await self.embeddings(run, texts)
        heads = self.heads(run)
        if heads is not None:
            probabilities = of_least_sure_head(probabilities, heads)
        elif self.sets:
            probabilities = of_least_sure_label(probabilities)
        look = ACQUIRE[policy]
        return await asyncio.to_thread(look, texts, probabilities, embeddings, n, rng)

    def wire(self, run: RunContext) -> GraphBuilder:
        """See `Method`."""
        from graph.build import hand_out
        from graph.core.graph_builder import START, GraphBuilder
        from graph.core.state import LoopState

        on = self.config.loop.switches
        graph = GraphBuilder(run, LoopState, method=self)
        row = ["labeler", "ballot", *["critic"] * on.critic, *self.closing]
        for name in ("warm_up", "picker", *row):
            graph.node(name)
        graph.edge(START, "warm_up")
        graph.unless_stopped("warm_up", "picker")
        hand_out(graph, ["picker"], "labeler")
        for giver, taker in pairwise(row):
            graph.edge(giver, taker)
        graph.unless_stopped("trainer", "picker")
        return graph


def check_demonstrations(task: Task, pack: Pack) -> None:
    """Refuse to choose rows for a labeler whose prompt shows none.

    Raises:
        ConfigError: saying what to do.
    """
    from agents.labeler import shows_rows
    from agents.task_view import TaskView
    from prompts.pack import REASONED_LABELER

    if REASONED_LABELER in pack.templates:
        raise ConfigError(
            "methods.pool.demonstrations: a labeler that takes several paths (`loop.decoding`) is"
            " shown no labelled rows; set it to 0, or `loop.decoding.labeler: sample`"
        )
    if not shows_rows(pack, TaskView.of(task, ())):
        raise ConfigError(
            f"methods.pool.demonstrations: the labeler of prompt pack {pack.name} shows no labelled"
            " rows in this task (its labeler.j2 would have to use `shots`); set it to 0, or write a"
            " pack that does (`extends: …` in its pack.yaml)"
        )
