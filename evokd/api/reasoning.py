"""A student that reasons: questions in, answers with their reasoning out.

A question with choices is an object (`{"question": …, "choices": {"A": …}}`) or has a line for each
choice; one whose answer is a number is plain text, or a row of data in JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.reasoning.reasoning_prompts import ReasoningPrompts
from evokd.config import Config, ConfigError, TaskConfig
from evokd.runs.typed import Typed
from evokd.store.run_dir import RunDir
from evokd.tasks.formats import task_format_of
from evokd.tasks.formats.reasoning import ReasoningTask
from graph.dasd.causal_store import student_settings
from graph.dasd.curriculum import prompts_of
from graph.methods.dasd import Dasd
from prompts.pack import Pack
from student.causal.causal import CausalStudent


@dataclass(frozen=True)
class Reasoner:
    """The student of a run of method dasd, and how it is asked."""

    student: CausalStudent
    prompts: ReasoningPrompts
    config: Config
    limit: int
    """Most tokens of a response."""

    @classmethod
    def of(cls, run: Path) -> Reasoner:
        """That of a run's directory; its config says how the student is asked.

        Raises:
            ConfigError: no student there yet.
        """
        directory = RunDir(run)
        config = directory.config()
        if not directory.student.is_dir():
            raise ConfigError(
                f"{run}: this run has no student yet; it is saved when the run is done"
                f" (`evokd resume {run}` goes on with one that was interrupted)"
            )
        settings = Dasd.read_settings(config)
        student = CausalStudent.load(directory.student, student_settings(config, settings))
        prompts = prompts_of(config, settings, Pack.of(config))
        return cls(student, prompts, config, settings.evaluation.max_new_tokens)

    def answers(self, typed: Sequence[str]) -> list[dict[str, Any]]:
        """For each question `{"text", "answer", "response", "finish"}`.

        Raises:
            ConfigError: a question that is none.
        """
        questions = [question_of(self.config.task, text) for text in typed]
        task_format = task_format_of(self.config.task)
        assert isinstance(task_format, ReasoningTask)
        asked = [
            self.student.prompt(
                [{"role": m.role, "content": m.content} for m in self.prompts.to_student(one)]
            )
            for one in questions
        ]
        written = self.student.write(asked, max_new_tokens=self.limit)
        lines = []
        for question, found in zip(questions, written, strict=True):
            answer = task_format.found(question, found.text)
            value = answer.value if answer else None
            line = {"text": question, "answer": value}
            lines.append({**line, "response": found.text, "finish": found.finish})
        return lines


def question_of(task: TaskConfig, typed: str) -> str:
    """A question as the task has it.

    Raises:
        ConfigError: no question, or choices that are none.
    """
    if task.answers == "number":
        return Typed("reasoning", task.data).column(typed, task.data.question, "question")
    return Typed("choice", task.data).text(typed, "question")
