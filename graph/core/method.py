"""A method: all that sets it apart from the others, in one object.

A run has one, and every node of its graph is given it. Nodes ask it for what differs, and never
know which one it is: what a writer is told to write, what counts as a repetition, how the student's
marks reach those who read them, what the warm-up trains on, when nothing is left to do. Methods
are in `graph/methods`, one file each, registered there once. Importing them loads neither torch nor
langgraph.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import ValidationError

from evokd.config import Config, ConfigError, Role, TaskKind, explain
from evokd.config.strict import Strict
from evokd.config.task import CAUSAL_KINDS
from evokd.tasks.example import Example
from evokd.tasks.task import draw_shots
from graph.core.batches import batch_remarks, check_batches

if TYPE_CHECKING:
    from evokd.tasks.task import Task
    from graph.core.graph_builder import GraphBuilder
    from graph.core.run_context import RunContext
    from graph.core.traced_node import NodeFunction
    from prompts.pack import Pack

SPENT = "nothing left to do"
"""How the reason to stop begins when a method ends before its budget: its curve goes on flat."""
_BY_A_LIMIT = re.compile(r"budget\.|\d+ rounds done$|\d+ stages? taught$|no rounds asked for$")
"""Reasons to stop that a limit of the config gave; with any other the method ended by itself."""


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
        if self.config.loop.keep is not None or self.config.loop.review.policy is not None:
            from graph.core.memory import check_memory  # it brings numpy

            check_memory(self.config, keeps=self.writes)
        check_batches(self)

    @property
    def batched(self) -> frozenset[Role]:
        """Of its roles those whose calls of a step have no turn to wait for.

        They may be asked by batches (`teachers.<role>.batch`), which take hours.
        """
        return frozenset()

    def check(self, task: Task, pack: Pack) -> None:
        """What can be wrong with data and prompts, before anything is spent.

        Raises:
            ConfigError: naming what is missing.
        """
        for role in self.roles:
            pack.require(role)
        check_form(self.config, pack, self.roles)

    def adapted(self, pack: Pack) -> Pack:
        """The pack as this method asks with it; a second time changes nothing.

        Raises:
            ConfigError: it lacks what the method needs.
        """
        return pack

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
    def writes(self) -> bool:
        """Whether there are rounds whose rows an encoder learns, besides the seed shots."""
        return False

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
        kind = self.config.task.kind
        told = batch_remarks(self)
        if self.config.loop.representation and kind in {"choice", *CAUSAL_KINDS}:
            return [
                *told,
                f"loop.representation: rows of task.kind {kind} have no one embedding, so nothing"
                " is measured",
            ]
        return told

    @abstractmethod
    async def finish(self, run: RunContext, state: dict[str, Any]) -> None:
        """The end of a run that is done: save the student."""

    @classmethod
    def goes_on_flat(cls, reason: str) -> bool:
        """Whether a run that ended for this reason would gain nothing by a larger budget."""
        return _BY_A_LIMIT.match(reason) is None


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
