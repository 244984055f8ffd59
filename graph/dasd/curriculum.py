"""The curriculum: what a run of reasoning distillation asks and teaches, fixed before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from agents.reasoning.reasoner import Question
from agents.reasoning.reasoning_prompts import ReasoningPrompts
from evokd.config import Config
from evokd.dasd.lessons import ROUNDS, Lesson, StageName, lessons
from evokd.dasd.questions import draw_questions
from evokd.dasd.settings import DasdConfig, StageConfig
from evokd.tasks.example import Example
from evokd.tasks.formats.reasoning import ReasoningTask
from evokd.tasks.task import Task
from evokd.tasks.text import normalise
from prompts.pack import Pack

STAGE_OF: Mapping[int, StageName] = {1: "stage1", 2: "stage2", 3: "mixed"}
"""Round → the stage whose responses are at work in it."""


@dataclass(frozen=True)
class Curriculum:
    """Questions, prompts and lessons of a run."""

    settings: DasdConfig
    questions: Mapping[str, tuple[Example, ...]]
    """Stage → its training questions, gold answers with them."""
    prompts: ReasoningPrompts
    task_format: ReasoningTask

    @classmethod
    def of(cls, config: Config, settings: DasdConfig, task: Task, pack: Pack) -> Curriculum:
        """The curriculum of a config.

        Raises:
            ConfigError: too few training questions, or worked examples.
        """
        held_out = {normalise(row.text) for row in (*task.test, *(task.dev or ()))}
        questions = draw_questions(task.train, held_out, settings, config.seed)
        prompts = prompts_of(config, settings, pack)
        return cls(settings, questions, prompts, cast("ReasoningTask", task.task_format))

    @cached_property
    def lessons(self) -> tuple[Lesson, ...]:
        """All lessons, in their order."""
        return lessons(self.settings)

    @property
    def first_lesson(self) -> int:
        """Place of the first lesson: adapters that are given stand for stage 1."""
        return 0 if self.settings.adapter is None else 1

    @property
    def first_round(self) -> int:
        return ROUNDS[self.lessons[self.first_lesson].source]

    @cached_property
    def by_id(self) -> dict[str, Example]:
        """All training questions by their ids."""
        return {row.id: row for rows in self.questions.values() for row in rows}

    def stage(self, name: str) -> StageConfig:
        """The settings of a stage that asks."""
        found = self.settings.stage1 if name == "stage1" else self.settings.stage2
        assert found is not None
        return found

    def asked(self, stage: str, start: int, end: int) -> list[Question]:
        """Some questions as the teacher gets them: without their answers."""
        return [Question(row.id, row.text) for row in self.questions[stage][start:end]]


def prompts_of(config: Config, settings: DasdConfig, pack: Pack) -> ReasoningPrompts:
    """How the config puts questions.

    Raises:
        ConfigError: the pack can't, or has too few worked examples.
    """
    prompts = ReasoningPrompts(pack, config.task.answers, settings.teacher_examples)
    prompts.worked("")  # it refuses a pack with too few
    return prompts
