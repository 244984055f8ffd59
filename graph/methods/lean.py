"""Lean: ZeroGen's writer, and parts that were to make a token go further, each a switch.

    START → warm_up → writer → doubter ─┬→ labeler ─┐
                        ↑               └───────────┴→ ballot → evaluator → review → trainer ─┐
                        └───────────────────────────── go on ─────────────────────────────────┘

Meant to be used with prompts that several completions share (`loop.completions`). Off, for none of
them earned anything where it was measured: short orders (a class, the class it is taken for, a
style drawn at random), each answered with several texts; calls given to classes by the student's
weakness; a label asked for only where the order and what is known of the text disagree. Reasons,
sources and what each part was seen to earn: docs/design/lean.md. Soft labels and weights
(`student.targets`, `student.weights`), the head (`student.head_start`, `student.contrastive`) and
what is kept of the rows are settings of all methods, and work here as they do there.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from agents.ballot import DuplicateIndex
from agents.batches import even_parts
from agents.doubt import Doubt, Evidence, every_so_often, to_ask, with_student
from agents.records import Candidate, Draft, Marked
from agents.writer import WriteRequest
from evokd.config import Config, ConfigError, Role, TaskKind
from evokd.config.strict import Strict
from evokd.tasks.text import NearDuplicates
from graph.core.orders import classes_for, order
from graph.core.round_budget import set_votes_aside, texts_to_write
from graph.core.rows import example
from graph.methods.rival import Rival
from prompts.pack import ORDER

if TYPE_CHECKING:
    from evokd.tasks.task import Task
    from graph.core.graph_builder import GraphBuilder
    from graph.core.node_context import NodeContext
    from graph.core.run_context import RunContext
    from prompts.pack import Pack

KEY = "methods.lean"
ONE_CLASS = "an order is for one class, which a line of text has, and "
CERTAIN = -2.0
"""A margin below every gap: all are doubted."""


class LeanSettings(Strict):
    """The parts of `method: lean`; each can be left out."""

    short_orders: bool = False
    """Writers get the pack's `order.j2`, a line or two, and write several texts to it; false: its
    `writer.j2`, as zerogen asks, for `loop.completions` texts at the price of one prompt."""
    styles: bool = True
    """Each order names a style, drawn from those of the pack (`orders.styles`)."""
    confusions: float = Field(0.5, ge=0, le=1)
    """Share of the orders, of those for classes that the student confused, that name the other
    class: write A that could be taken for B."""
    allocation: Literal["weak", "even"] = "even"
    """Which classes calls are for: by how weak the student is at each, or each in turn."""
    doubt: Literal["neighbours", "student", "both", "all", "none"] = "none"
    """What is held against an order: the labelled rows nearest to its text, the student's
    probabilities, or the mean of both. `all`: every text is doubted, whatever its neighbours say;
    `none`: no text is, and its order is its label."""
    neighbours: int = Field(5, ge=1)
    """Rows that are looked at, by the base encoder: seed shots and accepted rows; the classes'
    descriptions count as rows of theirs."""
    margin: float = Field(0.0, ge=0, lt=1)
    """By how much another class's share must exceed the ordered one's before a text is doubted."""
    doubted: Literal["ask", "drop"] = "ask"
    """A labeler is asked about a doubted text, or it is dropped, which costs no more tokens."""
    ask: float = Field(0.25, gt=0, le=1)
    """Share of a round's texts that labelers are asked about at most, the most doubtful first; of
    the others the order stands. `doubt: all` asks about every text."""


class Lean(Rival):
    """Short orders, rare labels."""

    name = "lean"
    settings_type = LeanSettings
    section = KEY
    source = "writer"
    templates = (ORDER,)
    refuses: ClassVar[Mapping[TaskKind, str]] = {
        "choice": f"{ONE_CLASS}the letters of choices are no classes",
        "multi": f"{ONE_CLASS}a text has a class in each head",
        "multilabel": f"{ONE_CLASS}a text has any number of labels",
        "ner": f"{ONE_CLASS}a sentence has any number of entities",
        "pair": f"{ONE_CLASS}a pair takes two",
    }
    _rehearses = False

    def __init__(self, config: Config) -> None:
        """See `Method`."""
        super().__init__(config)

    @property
    def doubts(self) -> bool:
        """Whether orders are held against evidence."""
        return bool(self.settings.doubt != "none")

    @property
    def asks(self) -> bool:
        """Whether there is a labeler."""
        return self.doubts and self.settings.doubted == "ask"

    @property
    def votes(self) -> bool:
        """See `LoopMethod`: the doubter casts the votes that no labeler does."""
        return self.doubts

    @property
    def believes(self) -> bool:  # type: ignore[override]  # by its settings
        """See `LoopMethod`: its votes say how sure an order is."""
        return self.doubts

    @property
    def roles(self) -> tuple[Role, ...]:
        """See `Method`."""
        return ("writer", *["labeler"] * self.asks)

    @property
    def margin(self) -> float:
        """The gap above which a text is doubted."""
        return CERTAIN if self.settings.doubt == "all" else float(self.settings.margin)

    def check_config(self) -> None:
        """See `Method`.

        Raises:
            ConfigError: orders that can't be answered as the config says, or doubts of nobody.
        """
        super().check_config()
        settings, config = self.settings, self.config
        if settings.short_orders and config.prompts.forms.get("generator", "lines") != "lines":
            raise ConfigError(
                f"prompts.forms.generator: {config.prompts.forms['generator']}: short orders are"
                f" answered in lines; leave it out, or set `{KEY}.short_orders: false`"
            )
        if settings.doubt == "all" and settings.doubted == "drop":
            raise ConfigError(
                f"{KEY}.doubted: drop with `{KEY}.doubt: all` would drop every text; use"
                f" `{KEY}.doubted: ask`, or another doubt"
            )

    def check(self, task: Task, pack: Pack) -> None:
        """See `Method`.

        Raises:
            ConfigError: a pack without orders.
        """
        super().check(task, pack)
        if not self.settings.short_orders:
            return
        self.adapted(pack)
        pack.require_template(ORDER, *["style"] * self.settings.styles, "target")
        if self.settings.confusions:
            pack.require_template(ORDER, "mistaken")

    def adapted(self, pack: Pack) -> Pack:
        """See `Method`: with short orders writers answer as the pack's `orders` say."""
        return pack.ordering() if self.settings.short_orders else pack

    def stand_in(self) -> None:
        """See `Method`: nobody knows whose order will be doubted, so the pack says how many."""
        self._rehearses = True

    def repetition(self) -> Callable[[], DuplicateIndex]:
        """Near-duplicates, as in EvoKD."""
        return NearDuplicates

    def handed_on(self) -> str:
        """What the way into the next round carries, as the drawing names it."""
        named = {
            "weak classes": self.settings.allocation == "weak",
            "confusions": self.settings.short_orders and self.settings.confusions > 0,
        }
        return ", ".join(name for name, given in named.items() if given) or "nothing"

    def wire(self, run: RunContext) -> GraphBuilder:
        """See `Method`."""
        from graph.core.graph_builder import END, START, GraphBuilder
        from graph.core.routes import STOP, go_on
        from graph.core.state import LoopState

        graph = GraphBuilder(run, LoopState, method=self)
        row = ["writer", *["doubter"] * self.doubts, *["labeler"] * self.asks, *self.row()[1:]]
        for name in ("warm_up", *row):
            graph.node(name)
        ways: dict[Any, str] = {STOP: END, self.handed_on(): "writer"}
        graph.edge(START, "warm_up")
        graph.branch("warm_up", go_on([self.handed_on()]), ways)
        for giver, taker in pairwise(row):
            if giver == "doubter" and self.asks:
                self._past_the_labeler(graph)
            else:
                graph.edge(giver, taker)
        graph.branch("trainer", go_on([self.handed_on()]), ways)
        return graph

    def _past_the_labeler(self, graph: GraphBuilder) -> None:
        from graph.core.routes import to_labeler_or_past
        from graph.core.rows import usable

        run = graph.run
        route = to_labeler_or_past(
            lambda ref: usable(run.artefacts.get(ref)),
            len(run.pool.of("labeler")),
            run.pack.manifest.labeler.texts_per_call,
        )
        graph.branch("doubter", route, ["labeler", "ballot"])

    def requests(self, node: NodeContext, state: Mapping[str, Any]) -> Sequence[WriteRequest]:
        """The round's calls; as many as `loop.completions` share an order, which is billed once."""
        settings, each = self.settings, self.config.loop.completions
        texts = texts_to_write(node, state)
        if self.asks:
            set_votes_aside(node, state, texts)
        sizes = even_parts(texts, node.texts_per_call)
        marked = node.read(state["feedback"], Marked)
        weak, rng = settings.allocation == "weak", node.rng()
        classes = classes_for(node, state, math.ceil(len(sizes) / each), weak=weak)
        told = [WriteRequest(label, 1) for label in classes]
        orders = node.run.pack.manifest.orders
        if settings.short_orders and orders is not None:
            styles, pairs = orders.styles if settings.styles else (), settings.confusions
            told = [
                order(one, marked, node.task_format, styles=styles, confusions=pairs, rng=rng)
                for one in classes
            ]
        return [replace(told[call // each], n=n) for call, n in enumerate(sizes)]

    async def evidence(
        self, state: Mapping[str, Any], node: NodeContext, drafts: Sequence[Draft]
    ) -> list[Evidence]:
        """What is known of each text without asking anybody.

        Args:
            state: Of the round.
            node: The doubter.
            drafts: Written for a class each.
        """
        if self._rehearses or not drafts:
            return [Evidence({}) for _ in drafts]
        by, found = self.settings.doubt, list[Evidence]()
        if by != "student":
            found = await self._near(state, node, drafts)
        if by in ("student", "both"):
            texts = [one.text for one in drafts]
            said = await node.run.students.probabilities(texts, node.edge.round - 1)
            found = with_student(found, said.tolist(), node.task_format.labels)
        return found

    async def _near(
        self, state: Mapping[str, Any], node: NodeContext, drafts: Sequence[Draft]
    ) -> list[Evidence]:
        from student.selection.neighbours import neighbours

        rows = [*node.seeds, *map(example, node.read_all(state.get("history", []), Candidate))]
        known = [(row.id, row.text, row.label) for row in rows]
        lines = node.view.descriptions
        known += [("", described(one, lines), one) for one in node.task_format.labels]
        ids, texts, labels = zip(*known, strict=True)
        run = node.run
        theirs = await run.base_vectors.of(run.students, texts)
        mine = await run.base_vectors.of(run.students, [one.text for one in drafts])
        k = self.settings.neighbours
        near = await asyncio.to_thread(neighbours, mine, theirs, labels, k)
        return [
            Evidence(one.shares, tuple(ids[at] for at in one.places if ids[at])) for one in near
        ]

    def sorted_out(self, node: NodeContext, doubts: Sequence[Doubt]) -> list[Doubt]:
        """The doubts, those marked that a labeler is asked about."""
        found, every = list(doubts), self.settings.doubt == "all"
        share = 1.0 if every else self.settings.ask
        if self._rehearses:
            expected = 1.0 if every else node.run.pack.manifest.expected.doubted
            found = every_so_often(doubts, expected)
        return to_ask(found, math.ceil(share * len(found))) if self.asks else found


def described(label: str, lines: Mapping[str, str]) -> str:
    """A class as a text that stands near its texts, as `student.head_start: labels` has it."""
    line = lines.get(label)
    return f"{label}: {line}" if line else label
