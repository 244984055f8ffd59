"""The classroom: course and student of a run of reasoning distillation, as its nodes use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.causal_keeper import GIVEN, CausalKeeper
from graph.course import Course
from graph.dasd_state import DasdState

if TYPE_CHECKING:
    from graph.visit import Visit

BASE = ""
"""In the state: the base model's adapters, which are none."""


@dataclass(frozen=True)
class Classroom:
    """What the bench holds for this method alone."""

    course: Course
    keeper: CausalKeeper

    def prompts(self, questions: Sequence[str]) -> list[str]:
        """The student's prompts of training questions, by their ids."""
        return self.ask([self.course.by_id[one].text for one in questions])

    def ask(self, questions: Sequence[str]) -> list[str]:
        """The student's prompts of any questions: for scoring, training, evaluation alike."""
        return self.keeper.prompts([self.course.wording.to_student(text) for text in questions])

    def after(self, state: DasdState) -> Mapping[str, str]:
        """Lesson → whose adapters its student has."""
        given = {} if self.course.config.dasd.adapter is None else {GIVEN: GIVEN}
        return given | state.get("after", {})

    def adapters(self, state: DasdState, lesson: str | None) -> str | None:
        """Whose adapters the student after a lesson has; None: none, it is the base model."""
        return None if lesson is None else self.after(state).get(lesson, BASE) or None


def classroom(visit: Visit) -> Classroom:
    """The run's classroom."""
    found = visit.bench.classroom
    assert found is not None, "only method dasd has one"
    return found
