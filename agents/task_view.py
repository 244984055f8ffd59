"""What the agents may know of the task: no rows but the seed shots, least of all test rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from agents.formats import ReplyFormat, reply_format_of
from agents.records import Marked
from evokd.config import Config, TaskConfig, TaskKind
from evokd.config.languages import language_name, primary
from evokd.tasks.continual import task_format_at
from evokd.tasks.differences import Difference
from evokd.tasks.example import Example
from evokd.tasks.formats import TaskFormat
from evokd.tasks.formats.multi import heads_of

IN_PARTS: frozenset[TaskKind] = frozenset({"multi", "multilabel"})
"""Kinds whose writers are ordered whole answers, which templates name in words."""
DESCRIBED = 20
"""Classes up to which labeler and critic get all descriptions, whatever `loop.prompt_classes`."""


class Described(Protocol):
    """What the view needs of a task; agents never see the one with rows (`evokd.tasks.task`)."""

    @property
    def task_format(self) -> TaskFormat: ...
    @property
    def descriptions(self) -> Mapping[str, str]: ...
    @property
    def domain(self) -> str: ...
    @property
    def language(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as templates see it."""

    text: str
    label: str
    """In words."""
    predicted: str = ""
    """What the student said, in words."""
    differences: tuple[Difference, ...] = ()
    """How that differs from the label, for kinds whose answers have parts."""
    listed: str = ""
    """Of a seed shot, its answer as a JSON reply has it, for kinds whose answers have parts."""
    marked: str = ""
    """Of a seed shot, the text with its entities marked: `[Jack Ruby](Peop) left`."""


@dataclass(frozen=True, slots=True)
class TaskView:
    """The task as prompts see it."""

    task_format: TaskFormat
    """What a text and a label are."""
    descriptions: Mapping[str, str]
    domain: str
    language: str
    """BCP 47 code of the texts."""
    seeds: tuple[Example, ...]
    """The seed shots."""
    spoken: str = "en"
    """Language of the prompts, BCP 47."""
    language_name: str | None = None
    """What the prompts call the language of the texts, where the config says so."""
    written_in: str | None = None
    """Language that the generators write in where a translator follows, BCP 47; None: `language`
    itself."""
    most: int | None = None
    """Classes that a prompt lists with descriptions (`loop.prompt_classes`); None: all."""
    answered: tuple[Example, ...] | None = None
    """Shots that a labeler may be shown with their answers; None: the seed shots."""
    listed: tuple[str, ...] = ()
    """The classes that this role is shown; empty: all."""
    longest: int | None = None
    """Characters that a prompt shows of a text; None: all."""

    @classmethod
    def of(
        cls,
        task: Described,
        seeds: tuple[Example, ...],
        config: Config | None = None,
        *,
        answered: tuple[Example, ...] | None = None,
    ) -> TaskView:
        """A task without its rows; `config` says which languages are spoken and written."""
        view = cls(
            *(task.task_format, task.descriptions, task.domain, task.language, seeds),
            answered=answered,
        )
        if config is None:
            return view
        return replace(
            view,
            spoken=config.prompts.language,
            language_name=config.task.language_name,
            written_in=config.loop.written_in,
            most=config.loop.prompt_classes,
        )

    def to_write(self) -> TaskView:
        """The view of those who write: another language than the task's where one translates."""
        if self.written_in is None:
            return self
        return replace(self, language=self.written_in, language_name=None, written_in=None)

    def listing(self, classes: Collection[str]) -> TaskView:
        """The view of a role that is shown some of the classes; none means all."""
        return replace(self, listed=tuple(name for name in self.labels if name in classes))

    def at(self, config: TaskConfig, round_number: int) -> TaskView:
        """The view of a round, in which fewer labels may be known than in a later one."""
        task_format = task_format_at(self.task_format, config, round_number)
        if task_format is self.task_format:
            return self
        lines = {name: self.descriptions.get(name, "") for name in task_format.labels}
        return replace(
            self,
            task_format=task_format,
            descriptions=lines,
            seeds=_of(task_format.labels, self.seeds),
            answered=None if self.answered is None else _of(task_format.labels, self.answered),
        )

    @property
    def source(self) -> str:
        """Name of the language that a translator starts from."""
        return language_name(self.written_in or self.language, self.spoken)

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the config."""
        return self.task_format.labels

    @property
    def reply_format(self) -> ReplyFormat:
        """What texts and labels look like in requests and replies."""
        answers = [row.label for row in self.seeds]
        return reply_format_of(self.task_format.kind, self.task_format.labels, answers)

    @property
    def targets(self) -> tuple[str, ...]:
        """What a writer may be told to write for; of a shortlist, what belongs to it alone."""
        every, reply_format = self.reply_format.targets, self.reply_format
        if not self.listed:
            return every

        def fits(target: str) -> bool:
            label = reply_format.intended(target)
            classes = (target,) if label is None else self.task_format.classes(label)
            return set(classes) <= set(self.listed)

        return tuple(filter(fits, every)) or every

    @property
    def ordered(self) -> tuple[str, ...]:
        """The labels that a rival's writer is told to write for in turn."""
        if self.task_format.kind not in IN_PARTS:
            return self.labels
        reply_format = self.reply_format
        return tuple(reply_format.intended(target) or target for target in reply_format.targets)

    def named(self, label: str) -> str:
        """A label that is ordered, as templates name it."""
        return self.task_format.words(label) if self.task_format.kind in IN_PARTS else label

    def variables(
        self, directive: str | None = None, described: Collection[str] | None = None
    ) -> dict[str, Any]:
        """The variables every template gets.

        Args:
            directive: The endpoint's own instruction.
            described: The classes that come with their description; None: all.
        """
        labels = self.listed or self.labels
        lines = {
            name: line
            for name, line in self.descriptions.items()
            if described is None or name in described
        }
        return {
            "kind": self.task_format.kind,
            "labels": labels,
            "hidden": len(self.labels) - len(labels),
            "heads": heads_of(labels) if self.task_format.kind == "multi" else {},
            "descriptions": dict.fromkeys(self.labels, "") | lines,
            "domain": self.domain,
            "language": language_name(self.language, self.spoken, self.language_name),
            "foreign": primary(self.language) != primary(self.spoken),
            "seeds": [self._shot(row) for row in self.seeds],
            "directive": directive,
        }

    def described(self, some: Collection[str] = ()) -> Collection[str] | None:
        """The classes that a role which must know all of them gets descriptions of.

        Args:
            some: Those that count where there are too many for all.
        """
        enough = self.most is None or len(self.labels) <= max(self.most, DESCRIBED)
        return None if enough else some

    def text(self, text: str) -> str:
        """A text as prompts show it."""
        return text if self.longest is None else self.task_format.beginning(text, self.longest)

    def asked(self, text: str) -> str:
        """A text whose answer is asked for: whole where that lists what is in it."""
        return text if self.reply_format.annotates else self.text(text)

    def judged(self, text: str, label: str) -> ShownRow:
        """A text and the answer to it that is to be judged."""
        return ShownRow(self.asked(text), self.task_format.answer(text, label))

    def _shot(self, row: Example) -> ShownRow:
        text, label = self._begun(row.text, row.label)
        return ShownRow(
            text,
            self.task_format.answer(text, label),
            listed=self.task_format.listed(label),
            marked=self.task_format.marked(text, label),
        )

    def shown(self, row: Marked) -> ShownRow:
        """A row of the student's feedback, its answers in words."""
        answer = self.task_format.answer
        text, label = self._begun(row.text, row.label)
        predicted = self._begun(row.text, row.predicted)[1]
        return ShownRow(
            *(text, answer(text, label), answer(text, predicted)),
            differences=self.task_format.differences(text, label, predicted),
        )

    def _begun(self, text: str, label: str) -> tuple[str, str]:
        if self.longest is None:
            return text, label
        return self.task_format.begun(text, label, self.longest)


def _of(labels: Collection[str], rows: tuple[Example, ...]) -> tuple[Example, ...]:
    return tuple(row for row in rows if row.label in labels)
