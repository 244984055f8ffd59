"""Curate, train, refine (2026, arXiv 2601.16530): a synthetic dev set says what is written next.

First a synthetic dev set is written, classes in turn, labelled as ordered; it is never trained on,
and a written text that equals one of its rows, or is nearly one of the same class, is turned down.
Round 1 writes for the classes in turn (curate). After each training the student is examined on the
dev set: the analyst gets confusion matrix, F1 by class and what was wrong, and hard negatives are
ordered for the pairs it confuses, in both directions: A that could be taken for B, B that could be
taken for A (refine). It ends, as PGKD does,
after `patience` rounds without a better score there. No label is
voted on: as published, the writer's order is the label. Where nothing is confused, classes come in
turn. The set is written by the teacher that writes for training, so its score is no test score.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from agents.ballot import DuplicateIndex, KnownTexts
from agents.batches import even_parts
from agents.records import Analysis, Candidate, Draft, Marked
from agents.weakness import Confusion, confused_pairs
from agents.writer import WriteRequest
from evokd.config import ConfigError, Role, TaskKind
from evokd.config.strict import Strict
from evokd.tasks.example import Example
from evokd.tasks.text import NearDuplicates, normalise
from graph.core.method import SPENT
from graph.core.round_budget import texts_to_write
from graph.methods.rival import Rival
from prompts.pack import DEV_ANALYST, GUIDED_WRITER

if TYPE_CHECKING:
    from evokd.tasks.task import Task
    from graph.core.graph_builder import GraphBuilder
    from graph.core.node_context import NodeContext
    from graph.core.run_context import RunContext
    from prompts.pack import Pack

KEY = "methods.curate_refine"
NEAR = "repeats a row of the synthetic dev set"
CONFUSED = "it goes by which class is taken for which, and "
Order = tuple[str, str | None]
"""A class to write for, and the one that its texts should look like."""


class CurateRefineSettings(Strict):
    """Size of the synthetic dev set, and when the refining ends."""

    dev_rows: int = Field(40, ge=2)
    """Texts asked for as the dev set, of all classes together, before anything is trained."""
    class_rows: int | None = Field(None, ge=1)
    """Written rows of a class, in all of the run, after which nothing is written for it any more;
    None: no limit."""
    patience: int = Field(3, ge=1)
    """Rounds without a better score on the synthetic dev set after which the run ends."""


class CurateRefine(Rival):
    """Texts for the pairs of classes that the student confuses on a dev set of its own."""

    name = "curate_refine"
    settings_type = CurateRefineSettings
    section = KEY
    refuses: ClassVar[Mapping[TaskKind, str]] = {
        "choice": f"{CONFUSED}the letters of choices are no classes",
        "multi": f"{CONFUSED}a text has a class in each head",
        "multilabel": f"{CONFUSED}a text has any number of labels",
        "ner": f"{CONFUSED}a sentence has any number of entities",
        "pair": f"{CONFUSED}its prompts speak of single texts",
    }
    source = "writer"
    examines_dev = True
    templates = (GUIDED_WRITER, DEV_ANALYST)
    _patient = True

    @property
    def analyses(self) -> bool:
        """See `LoopMethod`."""
        return self.config.loop.feedback.analysis == "llm"

    @property
    def roles(self) -> tuple[Role, ...]:
        """See `Method`."""
        return (*super().roles, *["analyst"] * self.analyses)

    def check_config(self) -> None:
        """See `Method`.

        Raises:
            ConfigError: too few rows for the classes, or an analysis that it doesn't know.
        """
        super().check_config()
        classes = len(self.config.task.labels)
        if self.settings.dev_rows < classes:
            raise ConfigError(
                f"config: {KEY}.dev_rows: {self.settings.dev_rows} rows can't hold one of each of"
                f" {classes} classes; ask for {classes} or more"
            )
        if self.config.loop.feedback.analysis == "rules":
            raise ConfigError(
                f"config: `method: {self.name}` orders by confused pairs as it is; set"
                " `loop.feedback.analysis` to llm or none"
            )

    def check(self, task: Task, pack: Pack) -> None:
        """See `Method`."""
        super().check(task, pack)
        pack.require_template(GUIDED_WRITER, "mistaken")
        if self.analyses:
            pack.require_template(DEV_ANALYST, "confusions", "report")

    def stand_in(self) -> None:
        """See `Method`: nobody knows how scores will go."""
        self._patient = False

    def repetition(self) -> Callable[[], DuplicateIndex]:
        """Near-duplicates, as in EvoKD."""
        return NearDuplicates

    def wire(self, run: RunContext) -> GraphBuilder:
        """See `Method`."""
        from graph.core.graph_builder import START, GraphBuilder
        from graph.core.routes import after_the_writer
        from graph.core.state import LoopState

        graph = GraphBuilder(run, LoopState, method=self)
        for name in ("writer", "curator", "warm_up", *self.row()[1:], "dev_examiner"):
            graph.node(name)
        graph.edge(START, "writer")
        graph.branch("writer", after_the_writer, ["curator", "ballot"])
        graph.edge("curator", "warm_up")
        graph.unless_stopped("warm_up", "writer")
        row = self.row()[1:]
        for giver, taker in pairwise(row):
            graph.edge(giver, taker)
        graph.unless_stopped("trainer", "dev_examiner")
        if not self.analyses:
            graph.unless_stopped("dev_examiner", "writer")
            return graph
        graph.node("analyst")
        graph.unless_stopped("dev_examiner", "analyst")
        graph.edge("analyst", "writer")
        return graph

    def requests(self, node: NodeContext, state: Mapping[str, Any]) -> Sequence[WriteRequest]:
        """The dev set's texts first, then for classes in turn, then for confused pairs."""
        labels, per_call = node.view.ordered, node.texts_per_call
        if "dev_set" not in state:
            return dev_requests(labels, self.settings.dev_rows, per_call)
        texts, left = texts_to_write(node, state), self.left(node, state)
        orders: list[Order] = []
        if node.edge.round > 1:
            marked = node.read(state["feedback"], Marked)
            orders = both_ways(confused_pairs(marked, node.task_format))
        orders = [one for one in orders if left[one[0]] > 0]
        asked = spread(orders or [(label, None) for label in left], texts, per_call, left)
        told = state.get("analysis")
        return asked if told is None else with_analysis(asked, node.read(told, Analysis)[0])

    def left(self, node: NodeContext, state: Mapping[str, Any]) -> dict[str, float]:
        """Class → rows that may still be written for it; those with fewest rows so far first."""
        history = [
            row for ref in state.get("history", []) for row in node.run.records(ref, Candidate)
        ]
        rows = Counter(row.label for row in history)
        most = self.settings.class_rows or math.inf
        ranked = sorted(node.view.ordered, key=lambda label: rows[label])
        return {label: most - rows[label] for label in ranked}

    def screened(
        self, node: NodeContext, state: Mapping[str, Any], drafts: Sequence[Draft]
    ) -> Sequence[Draft]:
        """See `LoopMethod`: nothing of the dev set is trained on."""
        rows = node.run.records(state["dev_set"], Example)
        known = KnownTexts([(row.text, row.label) for row in rows], NearDuplicates)
        return [
            replace(one, fault=NEAR) if one.fault is None and repeats(known, one) else one
            for one in drafts
        ]

    def done(self, scores: Sequence[float], left: Mapping[str, float]) -> str | None:
        """Why nothing is written any more after an examination; None while there is reason to.

        Args:
            scores: On the synthetic dev set, after each round.
            left: Class → rows that may still be written for it.
        """
        if not any(rows > 0 for rows in left.values()):
            return (
                f"{SPENT}: every class has its {self.settings.class_rows} rows ({KEY}.class_rows)"
            )
        patience = self.settings.patience
        if self._patient and stale(scores) >= patience:
            return f"no better score on the synthetic dev set for {patience} rounds"
        return None


def dev_requests(labels: Sequence[str], rows: int, per_call: int) -> list[WriteRequest]:
    """Calls for the dev set: of each class as many rows as of the others, to within one."""
    each, more = divmod(rows, len(labels))
    return [
        WriteRequest(label, n)
        for at, label in enumerate(labels)
        for n in even_parts(each + (at < more), per_call)
    ]


def both_ways(pairs: Sequence[Confusion]) -> list[Order]:
    """Each confused pair in both directions, once, the most frequent first."""
    orders = ((a, b) for one in pairs for a, b in ((one.label, one.other), (one.other, one.label)))
    return list(dict.fromkeys(orders))


def spread(
    orders: Sequence[Order], texts: int, per_call: int, left: Mapping[str, float]
) -> list[WriteRequest]:
    """Calls for `texts` texts, orders in turn, no class beyond what is left for it."""
    rest = dict(left)
    found: list[WriteRequest] = []
    for turn, size in enumerate(even_parts(texts, per_call)):
        open_ = [one for one in orders if rest[one[0]] > 0]
        if not open_:
            break
        label, mistaken = open_[turn % len(open_)]
        n = int(min(size, rest[label]))
        rest[label] -= n
        found.append(WriteRequest(label, n, mistaken=mistaken))
    return found


def with_analysis(requests: Sequence[WriteRequest], analysis: Analysis) -> list[WriteRequest]:
    """Calls told of the weakness, but those for classes that it does not speak of."""
    return [
        replace(one, analysis=analysis.text, parents=analysis.cited)
        if not analysis.about or one.label in analysis.about
        else one
        for one in requests
    ]


def repeats(known: KnownTexts, draft: Draft) -> bool:
    """Whether a text equals a known one, or is nearly one of its class."""
    label = draft.intended_label
    return known.equal(normalise(draft.text)) or (
        label is not None and known.twin(draft.text, label)
    )


def stale(scores: Sequence[float]) -> int:
    """Rounds since the best score, the first of equals."""
    return len(scores) - 1 - scores.index(max(scores)) if scores else 0
