"""What is wrong with a written text as such, before anybody is paid to label it.

Sure signs alone: of 2,000 real rows the rules may hit a handful (docs/design/prompts.md counts
them). What needs votes, or taste, is the critic's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.clean.class_names import names_class
from agents.clean.echo import copies, describes, echoes
from agents.clean.markup import is_json, is_markup
from agents.clean.meta_talk import talks_about_task
from agents.task_view import TaskView
from evokd.tasks.formats.multi import SEPARATOR
from evokd.tasks.words import pieces

JSON = "a JSON object instead of a text"
MARKUP = "markup instead of a text"
NAMES_CLASS = "names its own class"
META_TALK = "speaks of the task or the model"
ECHOES_ANALYSIS = "echoes the analysis"
ECHOES_CLASS = "echoes a class's description"
COPIES_EXAMPLE = "copies a shown example"
REASONS = (JSON, MARKUP, NAMES_CLASS, META_TALK, ECHOES_ANALYSIS, ECHOES_CLASS, COPIES_EXAMPLE)
"""Worded once, so that counts group."""


@dataclass(frozen=True, slots=True)
class Cleaner:
    """Finds texts that are no rows; what their writer was shown is what they may echo."""

    labels: Sequence[str]
    """Names of the classes; none where a name says nothing about a row (entities)."""
    language: str
    """Of the texts, BCP 47."""
    descriptions: Sequence[str] = ()
    """Of the classes, as the writer was told them."""
    analysis: str | None = None
    """Of the student's weakness, where there is one."""
    loosely: bool = False
    """Its single words count, which takes a writer that was surely shown it."""
    examples: Sequence[str] = ()
    """Rows that the writer was shown."""

    @classmethod
    def of(
        cls,
        view: TaskView,
        *,
        analysis: str | None = None,
        loosely: bool = False,
        examples: Sequence[str] = (),
    ) -> Cleaner:
        """For what is written for a task, in the language that it is written in."""
        named = view.task_format.kind != "ner"  # the name of a type says nothing about a row
        return cls(
            tuple(_names(view, label) for label in view.labels) if named else (),
            view.language,
            tuple(view.descriptions.values()),
            analysis,
            loosely,
            examples,
        )

    def fault(self, text: str) -> str | None:
        """Why a text, out of its wrapping, can't be a row; None where nothing speaks against it."""
        if is_json(text):
            return JSON
        if self.labels and names_class(text, self.labels):
            return NAMES_CLASS
        if is_markup(text):
            return MARKUP
        if talks_about_task(text, self.language):
            return META_TALK
        if any(copies(text, example) for example in self.examples):
            return COPIES_EXAMPLE
        if self.analysis and echoes(text, self.analysis, loosely=self.loosely):
            return ECHOES_ANALYSIS
        own = pieces(text)
        if any(describes(own, line) for line in self.descriptions):
            return ECHOES_CLASS
        return None


def _names(view: TaskView, label: str) -> str:
    """A class as a text would name it: of several annotations, without its head."""
    return label.partition(SEPARATOR)[2] if view.task_format.kind == "multi" else label
