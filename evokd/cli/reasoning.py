"""`evokd predict` for a student that reasons: questions in, answers with their reasoning out.

A question with choices is an object (`{"question": …, "choices": {"A": …}}`) or has a line for each
choice; one whose answer is a number is plain text, or a row of data in JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

from agents.reasoning.reasoning_prompts import ReasoningPrompts
from evokd.cli.screen import dumps
from evokd.cli.typed import Typed
from evokd.config import Config, ConfigError, TaskConfig
from evokd.store.run_dir import RunDir
from evokd.tasks.formats import task_format_of
from evokd.tasks.formats.reasoning import ReasoningTask
from graph.dasd.causal_store import student_settings
from graph.dasd.curriculum import prompts_of
from graph.methods.dasd import Dasd
from graph.packs import pack_of
from student.causal.causal import CausalStudent


def reason(run: Path, batches: Iterable[Sequence[str]]) -> None:
    """Answer questions as they come in.

    Args:
        run: The run's directory; its config says how the student is asked.
        batches: Questions, some at a time.

    Raises:
        ConfigError: no student there yet, or a question that is none.
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
    pack = pack_of(config)
    prompts, task_format = prompts_of(config, settings, pack), _form(config)
    for batch in batches:
        _answer(
            student,
            prompts,
            task_format,
            [question_of(config.task, text) for text in batch],
            settings.evaluation.max_new_tokens,
        )


def question_of(task: TaskConfig, typed: str) -> str:
    """A question as the task has it.

    Raises:
        ConfigError: no question, or choices that are none.
    """
    if task.answers == "number":
        return Typed("reasoning", task.data).column(typed, task.data.question, "question")
    return Typed("choice", task.data).text(typed, "question")


def _form(config: Config) -> ReasoningTask:
    task_format = task_format_of(config.task)
    assert isinstance(task_format, ReasoningTask)
    return task_format


def _answer(
    student: CausalStudent,
    prompts: ReasoningPrompts,
    task_format: ReasoningTask,
    questions: Sequence[str],
    limit: int,
) -> None:
    asked = [
        student.prompt([{"role": m.role, "content": m.content} for m in prompts.to_student(one)])
        for one in questions
    ]
    for question, found in zip(questions, student.write(asked, max_new_tokens=limit), strict=True):
        answer = task_format.found(question, found.text)
        line = {
            "text": question,
            "answer": answer.value if answer else None,
            "response": found.text,
            "finish": found.finish,
        }
        typer.echo(dumps(line))
