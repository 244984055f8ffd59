"""The course: what a run of reasoning distillation asks and teaches, fixed before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from agents.reasoner import Asked
from agents.wording import Wording
from evokd.config import Config, StageConfig
from evokd.dasd.lessons import ROUNDS, Lesson, Stage, lessons
from evokd.dasd.questions import draw_questions
from evokd.tasks.example import Example
from evokd.tasks.forms.reasoning import Reasoning
from evokd.tasks.task import Task
from evokd.tasks.text import normalise
from prompts.pack import Pack

STAGE_OF: Mapping[int, Stage] = {1: "stage1", 2: "stage2", 3: "mixed"}
"""Round → the stage whose responses are at work in it."""


@dataclass(frozen=True)
class Course:
    """Questions, prompts and lessons of a run."""

    config: Config
    questions: Mapping[str, tuple[Example, ...]]
    """Stage → its training questions, gold answers with them."""
    wording: Wording
    form: Reasoning

    @classmethod
    def of(cls, config: Config, task: Task, pack: Pack) -> Course:
        """The course of a config.

        Raises:
            ConfigError: too few training questions, or worked examples.
        """
        held_out = {normalise(row.text) for row in (*task.test, *(task.dev or ()))}
        questions = draw_questions(task.train, held_out, config.dasd, config.seed)
        return cls(config, questions, wording_of(config, pack), cast("Reasoning", task.form))

    @cached_property
    def lessons(self) -> tuple[Lesson, ...]:
        """All lessons, in their order."""
        return lessons(self.config.dasd)

    @property
    def first_lesson(self) -> int:
        """Place of the first lesson: adapters that are given stand for stage 1."""
        return 0 if self.config.dasd.adapter is None else 1

    @property
    def first_round(self) -> int:
        return ROUNDS[self.lessons[self.first_lesson].source]

    @cached_property
    def by_id(self) -> dict[str, Example]:
        """All training questions by their ids."""
        return {row.id: row for rows in self.questions.values() for row in rows}

    def stage(self, name: str) -> StageConfig:
        """The settings of a stage that asks."""
        found = self.config.dasd.stage1 if name == "stage1" else self.config.dasd.stage2
        assert found is not None
        return found

    def asked(self, stage: str, start: int, end: int) -> list[Asked]:
        """Some questions as the teacher gets them: without their answers."""
        return [Asked(row.id, row.text) for row in self.questions[stage][start:end]]


def wording_of(config: Config, pack: Pack) -> Wording:
    """How the config puts questions.

    Raises:
        ConfigError: the pack can't, or has too few worked examples.
    """
    wording = Wording(pack, config.task.answers, config.dasd.teacher_examples)
    wording.worked("")  # it refuses a pack with too few
    return wording
