"""The config as types: what each key means, its default, and what it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    create_model,
    field_validator,
    model_validator,
)

from evokd.config.languages import check_tag
from evokd.config.roles import ROLES, Role
from evokd.config.strict import Strict
from evokd.config.task import CAUSAL_KINDS, TaskConfig

Sampling = Literal["balanced", "uniform"]
"""How the review draws from history: each class as often as the others, or all rows alike."""


class ReviewConfig(Strict):
    """The sample of history the student sees again (paper: review history)."""

    every: int = Field(1, ge=1)
    """Rounds between reviews."""
    rows: int | Literal["batch"] = "batch"
    """Rows drawn; `batch` draws as many as the round accepted."""
    sampling: Sampling = "balanced"


class Switches(Strict):
    """Each switch changes the graph that is built, so ablations are visible in the drawing."""

    easy: bool = True
    correct: bool = True
    review: bool = True
    separate_labels: bool = True
    critic: bool = True
    analysis: bool = True


class FeedbackConfig(Strict):
    """What the analyst sees beyond right and wrong rows (PGKD, Table 1)."""

    report: bool = False
    """F1 of each class: on dev where the task has one, else on the rows last accepted."""
    confident: int = Field(0, ge=0)
    """Mistakes the student was surest of, marked so."""


class LoopConfig(Strict):
    """Size and shape of the rounds."""

    rounds: int | None = Field(None, ge=0)
    """None: until the budget ends the run."""
    n_hard: int = Field(4, ge=1)
    """Hard texts asked for by one generator turn; a round has `calls_per_round` turns."""
    n_easy: int = Field(4, ge=1)
    calls_per_round: int = Field(4, ge=1)
    show_right: int = Field(16, ge=0)
    show_wrong: int = Field(16, ge=1)
    prompt_classes: int | None = Field(12, ge=2)
    """Most classes that a prompt of analyst and writers lists, those the student confuses first
    (`multi`: of each head). With more, labeler and critic get all names, but no descriptions above
    20 classes. None: every prompt lists and describes all."""
    critic_retries: int = Field(1, ge=0)
    repair_turns: int = Field(1, ge=0)
    barren_rounds: int = Field(3, ge=1)
    """Rounds in a row without an accepted row after which the run ends."""
    patience: int | None = Field(None, ge=1)
    """Rounds without a better dev score after which the run ends; needs `task.data.dev`."""
    written_in: str | None = None
    """Language (BCP 47) that the generators write in, when a translator then turns each text into
    `task.language`; None: they write in `task.language`."""
    review: ReviewConfig = ReviewConfig()
    feedback: FeedbackConfig = FeedbackConfig()
    switches: Switches = Switches()

    @field_validator("written_in")
    @classmethod
    def _language(cls, tag: str | None) -> str | None:
        if tag is not None:
            check_tag(tag)
        return tag


class Price(Strict):
    """USD per million tokens."""

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)


class Endpoint(Strict):
    """One model behind one OpenAI-compatible address, or the embedded or the scripted one."""

    model: str | None = None
    base_url: str | None = None
    """None is api.openai.com; `http://127.0.0.1:8000/v1` is a local server."""
    api_key_env: str | None = Field(None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    """Environment variable that holds the key; the key itself never stands in a file."""
    embedded: Literal["smollm2-135m"] | None = None
    scripted: bool = False
    temperature: float | None = Field(None, ge=0, le=2)
    """None: what the prompt pack says (writing about 1, labelling 0)."""
    max_tokens: int | None = Field(None, ge=1)
    """None: what the prompt pack says."""
    timeout_s: float = Field(120, gt=0)
    concurrency: int = Field(8, ge=1)
    """Most requests in flight; a 429 cuts it, success grows it back."""
    retries: int = Field(5, ge=0)
    """Attempts after the first for 429, 5xx, timeouts and resets."""
    structured: Literal["json_schema", "json_object", "none"] = "json_schema"
    """How the server is asked for JSON, by what it supports."""
    logprobs: bool = False
    """The server gives log-probabilities; a study asks before it uses a pack that labels by them.
    Not needed for `embedded` and `scripted`, which do."""
    token_limit_field: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens"
    """Older servers ignore the first and would run on without limit."""
    directive: str | None = None
    """Extra instruction for this endpoint's model (persona, style, register)."""
    price: Price | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Endpoint:
        kinds = [self.model is not None, self.embedded is not None, self.scripted]
        if sum(kinds) != 1:
            raise ValueError("expected exactly one of `model`, `embedded`, `scripted: true`")
        if self.base_url and self.model is None:
            raise ValueError("`base_url` needs `model`")
        if self.base_url and "@" in self.base_url:
            raise ValueError("`base_url` must not hold credentials; name a variable: `api_key_env`")
        return self

    @property
    def title(self) -> str:
        """Name of the model in the ledger and in tables."""
        return self.model or self.embedded or "scripted"


def _as_list(raw: Any) -> Any:
    return raw if isinstance(raw, (list, tuple)) else [raw]


Endpoints = Annotated[tuple[Endpoint, ...], BeforeValidator(_as_list), Field(min_length=1)]


class _Teachers(Strict):
    """Endpoints by role; `default` serves the roles that name none."""

    default: Endpoints = (Endpoint(embedded="smollm2-135m"),)

    def of(self, role: Role) -> tuple[Endpoint, ...]:
        """Endpoints of a role, in the order of the config."""
        named: tuple[Endpoint, ...] | None = getattr(self, role)
        return named or self.default

    def every(self) -> set[Endpoint]:
        """All endpoints that some role names."""
        return {endpoint for role in ROLES for endpoint in self.of(role)}


if TYPE_CHECKING:

    class Teachers(_Teachers):
        """A field for each row of the table of roles."""
else:
    Teachers = create_model(
        "Teachers", __base__=_Teachers, **dict.fromkeys(ROLES, (Endpoints | None, None))
    )


class PromptsConfig(Strict):
    """Which prompt templates the roles use."""

    pack: str = "small"
    """Name of a pack that ships with evokd, or a path to a folder."""
    language: str = "en"
    """Language of the prompts; `task.language` is that of the texts."""


class LoraConfig(Strict):
    """Low-rank adapters (PEFT) instead of full fine-tuning."""

    r: int = Field(8, ge=1)
    alpha: int = Field(16, ge=1)
    dropout: float = Field(0.0, ge=0, lt=1)
    target_modules: tuple[str, ...] | None = None
    """None: PEFT's default for the architecture."""


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
    steps: int | None = Field(None, ge=1)
    """Optimiser steps instead of epochs, warm-up included, whatever was written: for comparisons.
    `retrain` takes as many each time; `continue` a share by the tokens spent, all by the end."""
    lr: float = Field(1e-4, gt=0)
    batch_size: int = Field(8, ge=1)
    max_length: int = Field(256, ge=8)
    """Tokens; longer texts are cut."""
    weight_decay: float = Field(0.01, ge=0)
    lora: LoraConfig | None = None
    threads: int | None = Field(None, ge=1)
    """CPU threads for PyTorch; None: as many as the process may use."""


def _known(role: str) -> str:
    if role not in ROLES:
        raise ValueError(f"no such role; expected one of {', '.join(ROLES)}")
    return role


KnownRole = Annotated[Role, AfterValidator(_known)]


Limit = Literal["tokens", "usd", "calls", "seconds"]
"""What a budget can limit; the agents' own know no time."""


class BudgetConfig(Strict):
    """What the run may spend; whichever limit is reached first ends it in order."""

    tokens: int | None = Field(40_000, gt=0)
    usd: float | None = Field(None, gt=0)
    calls: int | None = Field(None, gt=0)
    seconds: float | None = Field(None, gt=0)
    per_agent: dict[KnownRole, AgentBudget] = Field({})

    @property
    def limits(self) -> dict[str, float]:
        """The run's own limits, those that are set."""
        values = self.model_dump(exclude={"per_agent"})
        return {name: value for name, value in values.items() if value is not None}


class AgentBudget(Strict):
    """Limits of one role; a role that reached its own limit is passed over, the run goes on."""

    tokens: int | None = Field(None, gt=0)
    usd: float | None = Field(None, gt=0)
    calls: int | None = Field(None, gt=0)


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
    seed: int = Field(1, ge=0)
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

    def to_yaml(self) -> str:
        """The resolved config as the run directory keeps it; holds names of keys, never keys."""
        document = self.model_dump(mode="json", exclude=set() if self.methods else {"methods"})
        return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


BudgetConfig.model_rebuild()
