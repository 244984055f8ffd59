"""The run context: everything the nodes of one run work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Protocol, TypeVar

from agents.ballot import KnownTexts
from agents.task_view import TaskView
from evokd.config import Config
from evokd.ledger.totals import totals
from evokd.runs.useful_calls import useful_tasks
from evokd.store.artefacts import Artefacts, Ref
from evokd.store.event_log import EventLog
from evokd.store.events import Event
from evokd.store.run_dir import RunDir
from evokd.tasks.continual import known
from evokd.tasks.example import Example
from evokd.tasks.formats import TaskFormat
from evokd.tasks.task import Task
from evokd.tasks.text import normalise
from evokd.teacher.metering import Metering
from evokd.teacher.pool import TeacherPool
from evokd.teacher.tokens import count
from graph.core.base_vectors import BaseVectors
from graph.core.student_store import StudentStore
from prompts.pack import Pack

KEPT_RECORDS = 512
"""Artefacts whose records stay in memory: the history is read several times a round."""

KEPT_TEXTS = 8
"""Artefacts whose text stays in memory."""


class Record(Protocol):
    """Something that travels as JSON."""

    def to_json(self) -> dict[str, Any]: ...
    @classmethod
    def from_json(cls, data: Any) -> Any: ...


R = TypeVar("R", bound=Record)


@dataclass
class RunContext:
    """Live services of a run; closed over by the nodes, never part of the graph's state."""

    config: Config
    task: Task
    seeds: tuple[Example, ...]
    """The seed shots."""
    pack: Pack
    dir: RunDir
    metering: Metering
    events: EventLog
    pool: TeacherPool
    students: StudentStore
    answered: tuple[Example, ...] | None = None
    """The rows that a labeler may be shown with their answers; None: the seed shots."""
    indexed: tuple[tuple[Ref, ...], KnownTexts] | None = None
    """The batches that the ballot has indexed, and its index of them."""
    useless: set[str] = field(default_factory=set)
    """Roles of which the trace was told that too few of their replies can be used."""
    silent: set[tuple[str, int]] = field(default_factory=set)
    """Endpoints, by role and position, of which the trace was told that they give nothing."""
    base_vectors: BaseVectors = field(default_factory=BaseVectors)
    """For the measures of `loop.representation`."""
    _views: dict[tuple[str, ...], TaskView] = field(default_factory=dict)
    _weights: dict[Ref, int] = field(default_factory=dict)
    _records: dict[tuple[Ref, type], tuple[Any, ...]] = field(default_factory=dict)

    @cached_property
    def artefacts(self) -> Artefacts:
        return self.dir.artefacts

    @cached_property
    def view(self) -> TaskView:
        """What agents may know of the task: no rows but these shots."""
        return TaskView.of(self.task, self.seeds, self.config, answered=self.answered)

    def task_format_at(self, round_number: int) -> TaskFormat:
        """What a text and a label are in a round: later, more labels may be known."""
        return self.view_at(round_number).task_format

    def seeds_at(self, round_number: int) -> tuple[Example, ...]:
        """The seed shots of the labels that are known in a round."""
        return self.view_at(round_number).seeds

    def view_at(self, round_number: int) -> TaskView:
        """What agents may know of the task in a round."""
        labels = known(self.config.task, round_number)
        if labels not in self._views:
            self._views[labels] = self.view.at(self.config.task, round_number)
        return self._views[labels]

    @cached_property
    def off_limits(self) -> frozenset[str]:
        """Normalised texts of test and dev rows; a generated row that equals one is removed."""
        return frozenset(normalise(row.text) for row in (*self.task.test, *(self.task.dev or ())))

    def emit(self, event: Event) -> None:
        self.events.add(event)

    def useful_tokens(self) -> int:
        """Tokens of the ok calls on the surviving lineage, up to this moment."""
        tasks = useful_tasks(self.dir.checkpoints, self.dir.run()["id"])
        useful = totals(self.metering.ledger.db, tasks, "edge")["useful"]
        return int(useful["prompt_tokens"]) + int(useful["completion_tokens"])

    def records(self, ref: Ref, kind: type[R]) -> tuple[R, ...]:
        """The records behind a reference; the last ones read stay in memory."""
        key = (ref, kind)
        found = self._records.pop(key, None)
        if found is None:
            found = tuple(kind.from_json(row) for row in self.artefacts.get(ref))
        self._records[key] = found
        if len(self._records) > KEPT_RECORDS:
            del self._records[next(iter(self._records))]
        return found

    @cached_property
    def text(self) -> Callable[[Ref], str]:
        """The file behind a reference; the last ones stay, for a fan-out reads one many times."""
        return lru_cache(KEPT_TEXTS)(self.artefacts.text)

    def weigh(self, ref: Ref) -> int:
        """Tokens of an artefact, estimated; the same reference is counted once a process."""
        if ref not in self._weights:
            self._weights[ref] = count(self.text(ref))
        return self._weights[ref]
