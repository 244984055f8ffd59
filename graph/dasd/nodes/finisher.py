"""finisher: mixed policy's second half, the teacher goes on from what the student began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypedDict

from agents.reasoning.finisher import Beginning, finish
from evokd.store.artefacts import Ref
from graph.core.node_context import NodeContext
from graph.dasd.nodes.teacher_reasoner import hand_on, rows_of
from graph.dasd.services import DasdServices

BEGUN = "the student began it, so the teacher's tokens are not all there"


@dataclass(frozen=True, slots=True)
class BegunRow:
    """The student's part of an answer."""

    question: str
    """Id."""
    text: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> BegunRow:
        """The inverse of `to_json`."""
        return cls(**data)


class FinishTask(TypedDict):
    """Payload of a Send: which beginnings."""

    source: str
    round: int
    begun: Ref
    start: int
    end: int


async def finisher(state: FinishTask, node: NodeContext, services: DasdServices) -> dict[str, Any]:
    """Have a slice finished."""
    curriculum = services.curriculum
    begun = node.read_part(state["begun"], BegunRow, state["start"], state["end"])
    found = await finish(
        node.client("finisher"),
        curriculum.prompts,
        [Beginning(one.question, curriculum.by_id[one.question].text, one.text) for one in begun],
        temperature=curriculum.stage("stage2").temperature,
        first=state["start"],
    )
    rows = [replace(row, unscorable=BEGUN) for row in rows_of(node, services, found.given, "mixed")]
    return {"written": [hand_on(node, rows)], "round": state["round"], **node.stop(found.stopped)}
