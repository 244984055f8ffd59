"""The config as types: what each key means, its default, and what it may be."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import (
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails

from evokd.config.loop import Level, LoopConfig
from evokd.config.nearest import did_you_mean
from evokd.config.noise import REFUSED, NoiseConfig, NoiseMethod, NoNoise, noise_given
from evokd.config.roles import ROLES, Role
from evokd.config.strict import Strict
from evokd.config.task import CALIBRATED_KINDS, CAUSAL_KINDS, TaskConfig
from evokd.config.teachers import Teachers
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


class LoraConfig(Strict):
    """Low-rank adapters (PEFT) instead of full fine-tuning."""

    r: int = Field(8, ge=1)
    """Rank of the adapters."""
    alpha: int = Field(16, ge=1)
    """Their scale is alpha / r."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Of the adapters' input."""
    target_modules: tuple[str, ...] | None = None
    """None: PEFT's default for the architecture."""


Kind = Literal["easy", "hard", "plain", "pool"]
"""Of a written row: whose text it is; `plain` of methods that know neither."""
Weights = Literal["none", "confidence", "difficulty", "kind", "level", "value"]
"""What a written row counts by."""
CalibrationRows = Literal["auto", "none", "dev", "held_back"]
"""What a student's temperature is fitted on."""


class StudentConfig(Strict):
    """The small model that learns."""

    model: str = "embedded:minilm"
    """Hub name, a folder, or `embedded:minilm`; tasks of kind reasoning take language models
    instead, and `embedded:smollm2-135m` by default."""
    update: Literal["continue", "retrain"] = "continue"
    """Go on from the current weights, or start from base on seed and all accepted rows."""
    warm_up_epochs: int = Field(10, ge=0)
    """Epochs over the seed shots before round 1."""
    epochs: int = Field(3, ge=1)
    """Epochs over a round's rows; with `retrain` over all rows."""
    steps: int | None = Field(None, ge=1)
    """Optimiser steps instead of epochs, warm-up included, whatever was written: for comparisons.
    `retrain` takes as many each time; `continue` a share by the tokens spent, all by the end."""
    lr: float = Field(1e-4, gt=0)
    """Peak learning rate."""
    batch_size: int = Field(8, ge=1)
    """Rows of one optimiser step."""
    max_length: int = Field(256, ge=8)
    """Tokens; longer texts are cut."""
    weight_decay: float = Field(0.01, ge=0)
    """Of AdamW."""
    lora: LoraConfig | None = None
    """Train adapters instead of all weights; null: all weights."""
    targets: Literal["hard", "soft"] = "hard"
    """What a row teaches: its label, or the labelers' distribution over the labels
    (docs/design/soft-labels.md)."""
    temperature: float = Field(1.0, gt=0)
    """Of `targets: soft`: both distributions are softened by it, and the loss is T² KL."""
    weights: Weights = "none"
    """Factor of each written row's loss, of mean 1: by how sure the labelers were, by how hard the
    row is for the student, by kind of writer, by level, by how much it helps on the shots."""
    weight_of: dict[Kind | Level, float] = Field({})
    """Of `weights: kind` and `level`: factors, `{hard: 2}` or `{1: 0.5, 3: 2}`; 1 where none
    is given. A level's own number where `level` has none at all."""
    weight_power: float = Field(1.0, gt=0)
    """Of `weights: difficulty`: γ in (1 - p)^γ."""
    threads: int | None = Field(None, ge=1)
    """CPU threads for PyTorch; None: as many as the process may use."""
    noise: NoiseConfig | None = None
    """Doubtful labels: a method by name, or a section with its settings; null or `none`: no label
    is doubted."""
    calibration: CalibrationRows = "auto"
    """What the student's temperature is fitted on after each training: the `dev` rows, or accepted
    rows that are `held_back` (docs/design/calibration.md). `auto`: dev where there is a dev split,
    else none. For classification, pair and choice; other kinds have none."""
    held_back: float = Field(0.1, gt=0, lt=1)
    """Share of the accepted rows that the student never learns, with `calibration: held_back`."""

    @field_validator(
        "noise", mode="before", json_schema_input_type=NoiseConfig | NoiseMethod | NoNoise | None
    )
    @classmethod
    def _noise_in_short(cls, raw: Any) -> Any:
        return noise_given(raw)

    @model_validator(mode="after")
    def _factors(self) -> StudentConfig:
        given, by = self.weight_of, self.weights
        if given and by not in ("kind", "level"):
            raise ValueError(f"`weight_of` goes with `weights: kind` or `level`, not {by!r}")
        if by == "kind" and not given:
            raise ValueError("`weights: kind` needs `weight_of`, such as `{hard: 2}`")
        if any(isinstance(key, int) != (by == "level") for key in given):
            raise ValueError(
                "`weight_of`: expected easy, hard or plain for `weights: kind`, levels"
                " (1 to 9) for `weights: level`"
            )
        if not all(math.isfinite(factor) and factor >= 0 for factor in given.values()):
            raise ValueError("`weight_of`: factors must be at least 0")
        return self


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
    def _introduces(self) -> Config:
        if not self.task.introduce:
            return self
        last = max(self.task.introduce)
        if self.loop.rounds is not None and last > self.loop.rounds:
            raise ValueError(f"`task.introduce`: round {last} is after `loop.rounds`")
        if self.loop.patience:
            raise ValueError(
                "`loop.patience` with `task.introduce`: dev scores of rounds with other classes"
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
        empty = {name for name in ("methods", "plugins") if not getattr(self, name)}
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
