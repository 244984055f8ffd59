"""The positive control: a weakness that is known, and named to the writers in words.

A slice of one class (in trec6: the questions about one person, `HUM:ind`, among those about people)
is kept out of the seed shots, so the student has not met it, and instead of an analyst a node says
so: "It fails on questions about …". What the student's recall on the test rows of the slice gains
over `planted_other`, where another slice of the same class is named, is what a true analysis can
earn at most; an instrument that doesn't see this gain sees none.

The column that tells the slices apart (`methods.planted.field`) is read for two things, to leave
rows out of the seed shots and to measure. No model sees it, nor a row that it was read from: what
the writers get are the words of the config.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from evokd.config import Config, ConfigError, TaskKind
from evokd.config.strict import Strict
from evokd.tasks.slices import Slice, largest, named, read_slices
from evokd.tasks.task import draw_shots
from graph.methods.evokd import EvoKDLoop

if TYPE_CHECKING:
    from evokd.tasks.example import Example
    from evokd.tasks.task import Task
    from graph.core.run_context import RunContext
    from prompts.pack import Pack

KEY = "methods.planted"
OTHER = "other"


class PlantedSettings(Strict):
    """Settings of both."""

    field: str = Field("fine", min_length=1)
    """Column of the data that divides classes into slices."""
    value: str | None = None
    """The slice that is kept out; None: the one with most train rows of those that leave enough of
    their class to draw the shots from."""
    told: str | None = None
    """The slice that the writers are told of; None: the same (`planted_other`: another). `other`:
    the largest other one of the class."""
    words: dict[str, str] = Field({})
    """Value → what its texts are about, in words; of a value that is not listed, its own."""
    sentence: str = Field("It fails on {domain} texts about {words}.", pattern=r"\{words\}")
    """The analysis; `{domain}` is `task.domain`."""


class Planted(EvoKDLoop):
    """EvoKD's writers, told of a weakness that the student truly has."""

    name = "planted"
    kinds: ClassVar[frozenset[TaskKind]] = frozenset({"classification"})
    settings_type = PlantedSettings
    section = KEY
    marks = "none"
    introduces = False  # a class that comes in later would bring its slice with it
    tells: ClassVar[str | None] = None
    """What `told` is where the config leaves it open."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._slices: dict[str, Slice] | None = None

    def check_config(self) -> None:
        """See `Method`.

        Raises:
            ConfigError: an analysis was switched off that is all this method has.
        """
        super().check_config()
        if self.config.loop.feedback.analysis != "llm":
            raise ConfigError(
                f"config: `method: {self.name}` hands writers an analysis of its own, at no tokens;"
                " leave `loop.feedback.analysis` out"
            )

    def check(self, task: Task, pack: Pack) -> None:
        """See `Method`: both slices must be there, and test rows to measure by.

        Raises:
            ConfigError: naming what is missing.
        """
        super().check(task, pack)
        self.told(task)
        planted, slices = self.planted(task), self.slices(task)
        if not any(slices.get(row.id) == planted for row in task.test):
            raise ConfigError(
                f"{KEY}.value: no test row of {planted.value!r} ({planted.label}), so nothing could"
                " be measured; name another slice"
            )

    @property
    def briefs(self) -> str | None:
        """See `EvoKDLoop`."""
        return "plant"

    def handed_on(self, fed: str) -> str:
        """See `EvoKDLoop`."""
        other = (self.settings.told or self.tells) is not None
        return "nothing, another slice named" if other else "nothing, a weakness planted"

    def slices(self, task: Task) -> Mapping[str, Slice]:
        """Row id → slice; read once."""
        if self._slices is None:
            found = read_slices(self.config.task, task, self.settings.field, f"{KEY}.field")
            self._slices = found
        return self._slices

    def planted(self, task: Task) -> Slice:
        """The slice that is kept out of the seed shots.

        Raises:
            ConfigError: there is none, or none of this name.
        """
        ordered = largest(task.train, self.slices(task), spare=self.config.task.shots)
        if self.settings.value is not None:
            return named(ordered, self.settings.value, f"{KEY}.value")
        if not ordered:
            raise ConfigError(
                f"{KEY}.field: {self.settings.field!r} divides no class: no slice leaves"
                f" {self.config.task.shots} rows of its class to draw shots from"
            )
        return ordered[0]

    def told(self, task: Task) -> Slice:
        """The slice that the writers are told of.

        Raises:
            ConfigError: its class has no other, or none of this name.
        """
        told, planted = self.settings.told or self.tells, self.planted(task)
        if told is None:
            return planted
        own = largest(task.train, self.slices(task), spare=0)
        others = [one for one in own if one.label == planted.label and one != planted]
        if told != OTHER:
            return planted if told == planted.value else named(others, told, f"{KEY}.told")
        if not others:
            raise ConfigError(f"{KEY}.told: class {planted.label!r} has no other slice")
        return others[0]

    def shots(self, task: Task) -> tuple[Example, ...]:
        """See `Method`: none of the slice."""
        planted, slices = self.planted(task), self.slices(task)
        rest = tuple(row for row in task.train if slices.get(row.id) != planted)
        return draw_shots(replace(task, train=rest), self.config.task.shots, self.config.seed)

    def answered(self, task: Task) -> tuple[Example, ...]:
        """See `Method`: as if nothing were kept out, or the labeler would be weak there as well."""
        return super().shots(task)

    def analysis(self, task: Task) -> str:
        """What the writers are told, in every round."""
        value = self.told(task).value
        words = self.settings.words.get(value) or readable(value)
        sentence: str = self.settings.sentence
        return sentence.replace("{domain}", task.domain).replace("{words}", words)

    def measure(
        self, run: RunContext, rows: Sequence[Example], predicted: Sequence[str]
    ) -> dict[str, Any]:
        """See `LoopMethod`: recall on the slice, and on the rest of its class."""
        planted, slices = self.planted(run.task), self.slices(run.task)
        pairs = [
            (slices.get(row.id) == planted, said == row.label)
            for row, said in zip(rows, predicted, strict=True)
            if row.label == planted.label
        ]
        inside = [right for within, right in pairs if within]
        rest = [right for within, right in pairs if not within]
        return {
            "slice": {
                "label": planted.label,
                "value": planted.value,
                "told": self.told(run.task).value,
                "rows": len(inside),
                "recall": _mean(inside),
                "rest_rows": len(rest),
                "rest_recall": _mean(rest),
            }
        }


class PlantedOther(Planted):
    """Its control: the same slice is kept out, another one of the class is named."""

    name = "planted_other"
    tells = OTHER


def readable(value: str) -> str:
    """A value of a column as words: `HUM:ind` → `HUM ind`."""
    return " ".join(re.findall(r"[^\W_]+", value)) or value


def _mean(right: Sequence[bool]) -> float | None:
    return sum(right) / len(right) if right else None
