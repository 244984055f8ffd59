"""`evokd predict` for a student that reasons: questions in, answers with their reasoning out.

A question with choices is an object (`{"question": …, "choices": {"A": …}}`) or has a line for each
choice; one whose answer is a number is plain text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

from agents.wording import Wording
from evokd.cli.screen import dumps
from evokd.cli.typed import object_or_text
from evokd.config import Config, ConfigError
from evokd.store.run_dir import RunDir
from evokd.tasks.forms import form_of
from evokd.tasks.forms.choice import typed
from evokd.tasks.forms.reasoning import Reasoning
from graph.causal_keeper import settings_of
from graph.course import wording_of
from prompts.pack import Pack
from student.causal import CausalStudent


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
    student = CausalStudent.load(directory.student, settings_of(config))
    pack = Pack.load(config.prompts.pack, config.prompts.language, config.task.kind)
    wording, form = wording_of(config, pack), _form(config)
    for batch in batches:
        _answer(student, wording, form, [question_of(form, text) for text in batch], config)


def question_of(form: Reasoning, text: str) -> str:
    """A question as the task has it.

    Raises:
        ConfigError: no question, or choices that are none.
    """
    if form.answers == "number":
        return text
    return typed(object_or_text(text, "question"), "question")


def _form(config: Config) -> Reasoning:
    form = form_of(config.task)
    assert isinstance(form, Reasoning)
    return form


def _answer(
    student: CausalStudent,
    wording: Wording,
    form: Reasoning,
    questions: Sequence[str],
    config: Config,
) -> None:
    prompts = [
        student.prompt([{"role": m.role, "content": m.content} for m in wording.to_student(one)])
        for one in questions
    ]
    limit = config.dasd.evaluation.max_new_tokens
    for question, found in zip(
        questions, student.write(prompts, max_new_tokens=limit), strict=True
    ):
        answer = form.found(question, found.text)
        line = {
            "text": question,
            "answer": answer.value if answer else None,
            "response": found.text,
            "finish": found.finish,
        }
        typer.echo(dumps(line))
