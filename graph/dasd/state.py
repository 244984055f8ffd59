"""The state of reasoning distillation: ids, counts and references, as `graph.core.state` has it."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from langgraph.channels.topic import Topic

from evokd.store.artefacts import Ref
from graph.core.state import first, merge

NextStep = Literal["stage2", "mixed", "lesson", "taught"]
"""Where the trainer hands its work: responses for another stage, another lesson, the evaluator."""


def latest(_: int, new: int) -> int:
    """All tasks of a fan-out write the same."""
    return new


class DasdState(TypedDict):
    """What flows along the edges."""

    round: Annotated[int, latest]
    """Stage whose responses are at work: 1, 2, 3 for mixed policy; 0 at the start."""
    lesson: NotRequired[int]
    """Place, in the run's lessons, of the one that is next."""
    written: Annotated[list[Ref], Topic(str)]
    """Responses of the tasks that ran in the step before."""
    begun: NotRequired[Ref]
    """What the student began, for the finisher."""
    kept: NotRequired[Annotated[dict[str, Ref], merge]]
    """Stage → responses that passed the filters."""
    dropped: NotRequired[Annotated[dict[str, Ref], merge]]
    """Stage → lines of the responses that did not."""
    judged: NotRequired[Annotated[dict[str, Ref], merge]]
    """Stage → what teacher and student think of them."""
    chosen: NotRequired[Annotated[dict[str, Ref], merge]]
    """Stage → ids of those to learn, chosen and by chance."""
    after: NotRequired[Annotated[dict[str, str], merge]]
    """Lesson → whose adapters its student has; its own name, or an earlier one's (empty: the base
    model's) where it had no rows to learn."""
    answered: NotRequired[list[str]]
    """Arms whose answers to the test questions are written; what they are is not in the state."""
    way: NotRequired[NextStep]
    stop: NotRequired[Annotated[str | None, first]]
    """Why nothing more is asked; None while it goes on."""
    came_from: Annotated[list[str], Topic(str)]
    """Nodes that ran in the step before: who handed the work over."""
