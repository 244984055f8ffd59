"""The config as types: what each key means, its default, and what it may be."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import (
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from evokd.config.contrastive import (
    CONTRASTIVE_KINDS,
    DESCRIBED_KINDS,
)
from evokd.config.loop import LoopConfig
from evokd.config.nearest import did_you_mean
from evokd.config.noise import REFUSED
from evokd.config.roles import ROLES, Role
from evokd.config.strict import Strict
from evokd.config.student import StudentConfig
from evokd.config.task import CALIBRATED_KINDS, CAUSAL_KINDS, TaskConfig
from evokd.config.teachers import Teachers
from evokd.config.tracking import Track
from evokd.config.yaml_text import dump_yaml

AUTO_PACK = "auto"
"""The pack is chosen by the teachers; the run directory's config names the one chosen."""
Form = Literal["json", "lines", "line"]
"""What a writer's reply is: a list in JSON, a plain numbered list, or one text."""


class PromptsConfig(Strict):
    """Which prompt templates the roles use."""

    pack: str = AUTO_PACK
    """Name of a pack that ships with evokd, or a path to a folder; `auto` goes by the models of the
    roles that the method asks (docs/design/prompts.md)."""
    language: str = "en"
    """Language of the prompts; `task.language` is that of the texts."""
    forms: dict[Literal["generator"], Form] = Field({})
    """Form of the writers' replies instead of that of the pack: `{generator: lines}`."""


Limit = Literal["tokens", "usd", "calls", "seconds"]
"""What a budget can limit; the agents' own know no time."""


class BudgetConfig(Strict):
    """What the run may spend; whichever limit is reached first ends it in order."""

    tokens: int | None = Field(40_000, gt=0)
    """Billed tokens, prompt and reply; null: no limit."""
    usd: float | None = Field(None, gt=0)
    """Billed price; every endpoint then needs a `price`."""
    calls: int | None = Field(None, gt=0)
    """Requests that left, retries included."""
    seconds: float | None = Field(None, gt=0)
    """Wall-clock time of the run, resumes included."""
    per_agent: dict[Role, AgentBudget] = Field({})
    """Role → limits of its own: `{critic: {tokens: 5000}}`."""

    @property
    def limits(self) -> dict[str, float]:
        """The run's own limits, those that are set."""
        values = self.model_dump(exclude={"per_agent"})
        return {name: value for name, value in values.items() if value is not None}


class AgentBudget(Strict):
    """Limits of one role; a role that reached its own limit is passed over, the run goes on."""

    tokens: int | None = Field(None, gt=0)
    """Billed tokens of this role."""
    usd: float | None = Field(None, gt=0)
    """Billed price of this role."""
    calls: int | None = Field(None, gt=0)
    """Requests of this role that left."""


CAUSAL: dict[str, Any] = {
    "model": "embedded:smollm2-135m",
    "max_length": 1024,
    "weight_decay": 0.0,
    "lora": {"r": 16, "alpha": 32},
}
"""Defaults of `student` where the task's kind asks for a language model."""
Section = dict[str, Any]
"""Settings of a method, as they were given: its own model checks them (`graph/methods`)."""


class Config(Strict):
    """A whole run."""

    name: str = Field("run", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Begins the name of the run directory, and heads reports."""
    plugins: tuple[str, ...] = Field(())
    """Modules, or paths of .py files, that register methods and roles of one's own; they are
    imported when the config is run, resumed, planned or drawn."""
    seed: int = Field(1, ge=0)
    """Of the shots, the student, the order of rows, and every request that takes one."""
    task: TaskConfig
    method: str = "evokd"
    """A name in `graph/methods`."""
    rivals: Section = Field({})
    """Settings of EvoKD's rivals, by method."""
    dasd: Section = Field({})
    """Settings of reasoning distillation."""
    methods: Section = Field({})
    """Settings of all other methods, by method."""
    loop: LoopConfig = LoopConfig()
    teachers: Teachers = Teachers()
    prompts: PromptsConfig = PromptsConfig()
    student: StudentConfig = StudentConfig()
    budget: BudgetConfig = BudgetConfig()
    track: Track = ()
    """Experiment trackers that are told of the run: trackio, mlflow, wandb, tensorboard; each needs
    the extra of its name (docs/how-to/track.md)."""

    @model_validator(mode="before")
    @classmethod
    def _causal_defaults(cls, raw: Any) -> Any:
        """A language model as the student, where the task is one of reasoning."""
        task = raw.get("task") if isinstance(raw, dict) else None
        if not isinstance(task, dict) or task.get("kind") not in CAUSAL_KINDS:
            return raw
        student = raw.get("student", {})
        return raw | {"student": CAUSAL | student if isinstance(student, dict) else student}

    @model_validator(mode="after")
    def _translates(self) -> Config:
        written = self.loop.written_in
        if written is not None and written.casefold() == self.task.language.casefold():
            raise ValueError(
                f"`loop.written_in: {written}` is `task.language` itself: leave it out, there is"
                " nothing to translate"
            )
        return self

    @model_validator(mode="after")
    def _doubts_labels(self) -> Config:
        if self.student.noise is not None and self.task.kind in REFUSED:
            raise ValueError(
                f"`student.noise` does not work with `task.kind: {self.task.kind}`:"
                f" {REFUSED[self.task.kind]}; leave it out"
            )
        return self

    @model_validator(mode="after")
    def _calibrates(self) -> Config:
        chosen, kind = self.student.calibration, self.task.kind
        if chosen in ("dev", "held_back") and kind not in CALIBRATED_KINDS:
            raise ValueError(
                f"`student.calibration: {chosen}` is for task.kind"
                f" {', '.join(sorted(CALIBRATED_KINDS))}; a student of kind {kind} has no one"
                " distribution a text: leave it out"
            )
        if chosen == "dev" and self.task.data.dev is None:
            raise ValueError(
                "`student.calibration: dev` needs a `task.data.dev`; name one, or write `held_back`"
            )
        return self

    @model_validator(mode="after")
    def _few_shot_head(self) -> Config:
        kind, student = self.task.kind, self.student
        for key, asked, kinds in (
            ("contrastive", student.contrastive is not None, CONTRASTIVE_KINDS),
            ("head_start: labels", student.head_start == "labels", DESCRIBED_KINDS),
        ):
            if asked and kind not in kinds:
                raise ValueError(
                    f"`student.{key}` is for `task.kind` {' and '.join(sorted(kinds))}, this task"
                    f" is of kind {kind}: leave it out"
                )
            if asked and student.lora is not None:
                raise ValueError(
                    f"`student.{key}` changes the whole network, `student.lora` leaves it frozen:"
                    " give one of them"
                )
        return self

    @model_validator(mode="after")
    def _introduces(self) -> Config:
        if not self.task.introduce:
            return self
        last = max(self.task.introduce)
        if self.loop.rounds is not None and last > self.loop.rounds:
            raise ValueError(f"`task.introduce`: round {last} is after `loop.rounds`")
        for key in ("patience", "stop_below_gain"):
            if getattr(self.loop, key):
                raise ValueError(
                    f"`loop.{key}` with `task.introduce`: dev scores of rounds with other classes"
                    " can't be compared; leave one out"
                )
        return self

    @model_validator(mode="after")
    def _known_roles(self) -> Config:
        if not self.plugins:  # else they are asked for when those have been imported
            refuse_unknown_roles(self)
        return self

    def to_yaml(self) -> str:
        """The resolved config as the run directory keeps it; holds names of keys, never keys."""
        empty = {name for name in ("methods", "plugins", "track") if not getattr(self, name)}
        return dump_yaml(self.model_dump(mode="json", exclude=empty))


def refuse_unknown_roles(config: Config) -> None:
    """Roles that nobody has registered, under `teachers` and `budget.per_agent`.

    Raises:
        ValidationError: naming the fields.
    """
    wrong: list[InitErrorDetails] = [
        {"type": "extra_forbidden", "loc": ("teachers", name), "input": None}
        for name in config.teachers.model_extra or ()
        if name not in ROLES
    ]
    for name in config.budget.per_agent:
        if name not in ROLES:
            meant = did_you_mean(name, ROLES.known)
            fault = ValueError(f"no such role; expected one of {', '.join(ROLES.known)}{meant}")
            at = ("budget", "per_agent", name)
            wrong.append({"type": "value_error", "loc": at, "input": name, "ctx": {"error": fault}})
    if wrong:
        raise ValidationError.from_exception_data("Config", wrong)


BudgetConfig.model_rebuild()
