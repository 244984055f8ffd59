"""A method: all that sets it apart from the others, in one object.

A run has one, and every node of its graph is given it. Nodes ask it for what differs, and never
know which one it is: what a writer is told to write, what counts as a repetition, how the student's
marks reach those who read them, what the warm-up trains on, when nothing is left to do. Methods
are in `graph/methods`, one file each, registered there once. Importing them loads neither torch nor
langgraph.
"""

from __future__ import annotations

import asyncio
import random
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from pydantic import ValidationError

from agents.ballot import DuplicateIndex
from agents.records import Draft, Marked
from agents.task_view import TaskView
from agents.writer import WriteRequest
from evokd.config import Config, ConfigError, Role, TaskKind, explain
from evokd.config.strict import Strict
from evokd.config.task import CAUSAL_KINDS
from evokd.tasks.example import Example
from evokd.tasks.task import draw_shots
from evokd.tasks.text import NearDuplicates
from graph.core.feedback import shown
from graph.core.pool_share import check_pool
from graph.core.soft_labels import check_settings, check_sources
from student.encoder.training_plan import TrainingPlan, warm_up_plan

if TYPE_CHECKING:
    from evokd.tasks.task import Task
    from graph.core.graph_builder import GraphBuilder
    from graph.core.node_context import NodeContext
    from graph.core.run_context import RunContext
    from graph.core.traced_node import NodeFunction
    from prompts.pack import Pack

Marks = Literal["true", "shuffled", "yoked", "none"]
"""What verdicts reach the readers: this student's as they are, dealt out anew, those on the rows
of another run, or none at all."""
SPENT = "nothing left to do"
"""How the reason to stop begins when a method ends before its budget: its curve goes on flat."""
_BY_A_LIMIT = re.compile(r"budget\.|\d+ rounds done$|\d+ stages? taught$|no rounds asked for$")
"""Reasons to stop that a limit of the config gave; with any other the method ended by itself."""


ENCODER_KINDS: frozenset[TaskKind] = frozenset(get_args(TaskKind)) - CAUSAL_KINDS


class NoSettings(Strict):
    """For methods that have none."""


class Method(ABC):
    """What a run needs to know of its method, whatever that is."""

    name: ClassVar[str]
    kinds: ClassVar[frozenset[TaskKind]]
    """Kinds of tasks it is for."""
    refuses: ClassVar[Mapping[TaskKind, str]] = {}
    """Of these, the ones it makes no sense for, and why."""
    settings_type: ClassVar[type[Strict]] = NoSettings
    section: ClassVar[str | None] = None
    """Place of its settings in a config: `rivals.eda`. None: single keys, or none at all."""
    keys: ClassVar[Mapping[str, str]] = {}
    """Single keys of a config that are settings of it: `rivals.auggpt_paraphrases` → field."""
    accepted_keys: ClassVar[tuple[str, ...]] = ()
    """Keys of earlier versions that it still reads, and never writes."""
    indifferent: ClassVar[frozenset[Literal["shots", "budget"]]] = frozenset()
    """Axes of a study that make no difference to it: one cell serves all their values."""
    reference: ClassVar[bool] = False
    """What others are measured in percent of: no rival, in no comparison."""
    sees_real_texts: ClassVar[bool] = False
    """Learns from unlabelled texts that others haven't got (`task.data.pool`): it stands apart in
    every table."""
    leads: ClassVar[bool] = False
    """Tables hold the others against it."""
    comparable: ClassVar[bool] = True
    """Teaches an encoder to label, so that it can be compared with the others that do."""
    revision: ClassVar[int] = 1
    """Raise it when the method behaves otherwise than before: a part of the id of a study's cell,
    so that what is on record never passes for what the method does now."""
    nodes: ClassVar[Mapping[str, NodeFunction]] = {}
    """Nodes of its own graph by name, where they are none of `graph/nodes`."""
    templates: ClassVar[tuple[str, ...]] = ()
    """Templates it asks with that are no role's own (`prompts.pack`): a part of its cells' ids."""
    follows: ClassVar[str | None] = None
    """Method whose finished cell of the next seed it takes, in a study: that cell is run first, and
    its folder becomes `methods.<name>.run`. When a study is checked it isn't there yet, so of such
    a method the roles alone are checked then; `check` is called before it is run."""

    def __init__(self, config: Config) -> None:
        """Read and check what the config says of this method.

        Raises:
            ConfigError: a setting, or a field beside it, that can't be.
        """
        self.config = config
        self.settings: Any = self.read_settings(config)
        self.check_config()

    @classmethod
    def title(cls) -> str:
        """The name as tables and figures write it."""
        return cls.name

    @classmethod
    def read_settings(cls, config: Config) -> Any:
        """Its settings out of a config.

        Raises:
            ConfigError: naming the field.
        """
        try:
            return cls.settings_type.model_validate(cls._given(config))
        except ValidationError as error:
            names = {field: key for key, field in cls.keys.items()}
            raise ConfigError(
                explain(error, "config", cls.settings_type, cls.section, names)
            ) from None

    @classmethod
    def _given(cls, config: Config) -> Mapping[str, Any]:
        if cls.section is not None:
            found: Mapping[str, Any] = find(config, cls.section) or {}
            return found
        given = {field: find(config, key) for key, field in cls.keys.items()}
        return {field: value for field, value in given.items() if value is not None}

    def check_config(self) -> None:
        """What can be wrong with the config, by itself.

        Raises:
            ConfigError: naming the field.
        """
        kind = self.config.task.kind
        if kind not in self.kinds:
            raise ConfigError(
                f"method: {self.name} is not for task.kind {kind}, but for"
                f" {', '.join(sorted(self.kinds))} (reasoning and dasd need each other; an encoder"
                " answers questions with choices as `kind: choice`)"
            )
        if kind in self.refuses:
            raise ConfigError(
                f"method: {self.name} does not work with task.kind {kind}: {self.refuses[kind]}"
            )
        if self.config.loop.human is not None and not self.has_person:
            raise ConfigError(
                f"loop.human: method {self.name} has no place for a person, who stands between"
                " what is written and the student; leave it out (`loop.human: null`)"
            )

    def check(self, task: Task, pack: Pack) -> None:
        """What can be wrong with data and prompts, before anything is spent.

        Raises:
            ConfigError: naming what is missing.
        """
        for role in self.roles:
            pack.require(role)
        check_form(self.config, pack, self.roles)

    def shots(self, task: Task) -> tuple[Example, ...]:
        """The seed shots of a run.

        Raises:
            ConfigError: a class has too few rows.
        """
        return draw_shots(task, self.config.task.shots, self.config.seed)

    def answered(self, task: Task) -> tuple[Example, ...]:
        """The rows that a labeler may be shown with their answers: the seed shots."""
        return self.shots(task)

    @property
    def has_person(self) -> bool:
        """Whether its graph has a place for a person (`loop.human`)."""
        return False

    @property
    @abstractmethod
    def roles(self) -> tuple[Role, ...]:
        """The roles that its graph asks, in the order of the work."""

    @abstractmethod
    def wire(self, run: RunContext) -> GraphBuilder:
        """Its state machine, not yet compiled."""

    async def prepare(self) -> None:
        """Open what must be there before the run directory is laid out.

        Raises:
            ConfigError: it can't be had.
        """
        return

    def stand_in(self) -> None:
        """Put a stand-in where a model would be loaded, for a run that teaches nobody."""
        return

    def remarks(self) -> list[str]:
        """What the user should be told of the config at the start of a run."""
        return []

    @abstractmethod
    async def finish(self, run: RunContext, state: dict[str, Any]) -> None:
        """The end of a run that is done: save the student."""

    @classmethod
    def goes_on_flat(cls, reason: str) -> bool:
        """Whether a run that ended for this reason would gain nothing by a larger budget."""
        return _BY_A_LIMIT.match(reason) is None


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
        if loop.patience and not config.task.data.dev:
            raise ConfigError(
                "config: `loop.patience` needs `task.data.dev`: test rows never steer a run"
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
        channels = self.config.loop.feedback
        asked = [name for name in ("report", "confident") if getattr(channels, name)]
        if self.analyses or not asked:
            return super().remarks()
        names = " and ".join(f"loop.feedback.{name}" for name in asked)
        return [
            *super().remarks(),
            f"{names}: read by the analyst alone, and nobody analyses here: it changes nothing",
        ]

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


def find(config: Config, key: str) -> Any:
    """The raw value of a method's setting; None where it is not given.

    Raises:
        ConfigError: a section that is no mapping.
    """
    first, *rest = key.split(".")
    value: Any = getattr(config, first)
    for at, part in enumerate(rest, 1):
        value = value.get(part)
        if value is None:
            return None
        if at < len(rest) and not isinstance(value, dict):
            raise ConfigError(f"{'.'.join([first, *rest[:at]])}: expected a mapping")
    return value


def equal_only() -> DuplicateIndex:
    """Finds nothing but equal texts: EDA and AugGPT live on near-duplicates."""
    return NearDuplicates(threshold=1.0)


def check_form(config: Config, pack: Pack, roles: Sequence[Role]) -> None:
    """Refuse replies in lines where a writer must name labels, for which a line has no place.

    Raises:
        ConfigError: saying what to do.
    """
    style, kind = pack.manifest.generator, config.task.kind
    annotates = kind == "ner" and "writer" in roles
    if config.loop.switches.separate_labels and not annotates:
        return
    if style.reply == "json" or not (style.reply == "lines" or pack.forced):
        return
    if (kind == "ner" and style.reply == "line") or (kind != "ner" and style.target_class):
        return
    raise ConfigError(
        f"prompts.forms: generator: {style.reply}: writers that label their own texts (entities,"
        " or `switches.separate_labels: false`) have no place for labels in such a reply; use json,"
        " or let labelers label"
    )


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
