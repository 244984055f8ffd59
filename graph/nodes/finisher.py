"""finisher: mixed policy's second half, the teacher goes on from what the student began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypedDict

from agents.finisher import Begun, finish
from graph.classroom import classroom
from graph.nodes.teacher_reasoner import hand_on, rows_of
from graph.state import Ref
from graph.visit import Visit

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


async def finisher(state: FinishTask, visit: Visit) -> dict[str, Any]:
    """Have a slice finished."""
    course = classroom(visit).course
    begun = visit.read_part(state["begun"], BegunRow, state["start"], state["end"])
    found = await finish(
        visit.desk("finisher"),
        course.wording,
        [Begun(one.question, course.by_id[one.question].text, one.text) for one in begun],
        temperature=course.stage("stage2").temperature,
        first=state["start"],
    )
    rows = [replace(row, unscorable=BEGUN) for row in rows_of(visit, found.given, "mixed")]
    return {"written": [hand_on(visit, rows)], "round": state["round"], **visit.stop(found.stopped)}
