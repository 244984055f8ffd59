"""AttrPrompt (Yu et al. 2023, arXiv 2306.15895): ZeroGen, each call with attributes drawn anew.

Before the warm-up a proposer names, once, what texts differ in: dimensions that hold for all
classes, and each class's subtopics. Every call of the writer then draws one value of each dimension
and is for the class in turn. Published: a person picks among proposed dimensions, and a call writes
one text; here nobody picks, and a call writes as many texts as the pack asks for, which share what
was drawn (pack `small`: one). Nothing of the student comes back. What the proposal costs is billed.
Without a proposal it would be ZeroGen, so a run that gets none has failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from agents.attributes import Dimension
from agents.writer import WriteRequest
from evokd.config import Role, TaskKind
from evokd.config.strict import Strict
from graph.methods.zerogen import ZeroGen
from prompts.pack import GUIDED_WRITER

if TYPE_CHECKING:
    from evokd.tasks.task import Task
    from graph.core.graph_builder import GraphBuilder
    from graph.core.node_context import NodeContext
    from prompts.pack import Pack

ONE_CLASS = "its subtopics are those of one class, and "
REFUSED: Mapping[TaskKind, str] = {
    "choice": f"{ONE_CLASS}the letters of choices are no classes",
    "multi": f"{ONE_CLASS}a text has a class in each head",
    "multilabel": f"{ONE_CLASS}a text has any number of labels",
    "ner": f"{ONE_CLASS}a sentence has any number of entities",
    "pair": f"{ONE_CLASS}that of a pair says how two texts stand to each other, not their subject",
}


class AttrPromptSettings(Strict):
    """AttrPrompt's attributes, which are proposed once and billed."""

    dimensions: int = Field(3, ge=1, le=12)
    """Asked for beside the subtopics, such as style, length and place."""
    values: int = Field(10, ge=2, le=50)
    """Of each dimension, and subtopics of each class."""
    filter: bool = False
    """Ask of each subtopic whether it fits a similar class as well, and leave those that do out."""
    similar: int = Field(1, ge=1)
    """Most similar classes that `filter` asks about, by the base encoder; a call for each of them
    and each subtopic."""


class AttrPrompt(ZeroGen):
    """Texts for the classes in turn, each call with attributes of its own."""

    name = "attrprompt"
    settings_type = AttrPromptSettings
    section = "rivals.attrprompt"
    refuses: ClassVar[Mapping[TaskKind, str]] = REFUSED
    templates = (GUIDED_WRITER,)

    @property
    def roles(self) -> tuple[Role, ...]:
        """See `Method`."""
        return ("attribute_proposer", *super().roles)

    def check(self, task: Task, pack: Pack) -> None:
        """See `Method`."""
        super().check(task, pack)
        pack.require_template(GUIDED_WRITER, "attributes")

    def begin(self, graph: GraphBuilder) -> None:
        """See `Rival`."""
        from graph.core.graph_builder import START

        graph.node("attribute_proposer")
        graph.edge(START, "attribute_proposer")
        graph.edge("attribute_proposer", "warm_up")

    def requests(self, node: NodeContext, state: Mapping[str, Any]) -> Sequence[WriteRequest]:
        dimensions = node.read(state["attributes"], Dimension)
        return with_attributes(super().requests(node, state), dimensions, node.rng())


def with_attributes(
    requests: Sequence[WriteRequest], dimensions: Sequence[Dimension], rng: Random
) -> list[WriteRequest]:
    """Each call with one value of every dimension that is for its class."""
    return [
        replace(
            one,
            attributes=tuple(
                (own.name, rng.choice(own.values))
                for own in dimensions
                if own.label in (None, one.label)
            ),
        )
        for one in requests
    ]
