"""The services of reasoning distillation: its curriculum and its student, as its nodes use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from evokd.config import Role
from evokd.dasd.settings import DasdConfig
from graph.core.run_context import RunContext
from graph.dasd.causal_store import GIVEN, CausalStore
from graph.dasd.curriculum import Curriculum
from graph.dasd.state import DasdState

BASE = ""
"""In the state: the base model's adapters, which are none."""


class DasdServices:
    """What the nodes of this method get besides the common context; closed over by them."""

    def __init__(
        self,
        run: RunContext,
        settings: DasdConfig,
        students: CausalStore,
        roles: tuple[Role, ...],
    ) -> None:
        self.run, self.settings, self.roles = run, settings, roles
        self._students = students

    @cached_property
    def curriculum(self) -> Curriculum:
        """Questions, prompts and lessons of the run."""
        return Curriculum.of(self.run.config, self.settings, self.run.task, self.run.pack)

    @cached_property
    def students(self) -> CausalStore:
        """The student, with its adapters in the run's directory."""
        self._students.folder = self.run.dir.student_states
        return self._students

    def prompts(self, questions: Sequence[str]) -> list[str]:
        """The student's prompts of training questions, by their ids."""
        return self.ask([self.curriculum.by_id[one].text for one in questions])

    def ask(self, questions: Sequence[str]) -> list[str]:
        """The student's prompts of any questions: for scoring, training, evaluation alike."""
        return self.students.prompts(
            [self.curriculum.prompts.to_student(text) for text in questions]
        )

    def after(self, state: DasdState) -> Mapping[str, str]:
        """Lesson → whose adapters its student has."""
        given = {} if self.settings.adapter is None else {GIVEN: GIVEN}
        return given | state.get("after", {})

    def adapters(self, state: DasdState, lesson: str | None) -> str | None:
        """Whose adapters the student after a lesson has; None: none, it is the base model."""
        return None if lesson is None else self.after(state).get(lesson, BASE) or None
