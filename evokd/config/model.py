"""The config as types: what each key means, its default, and what it may be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    create_model,
    field_validator,
    model_validator,
)

from evokd.config.address import check_address
from evokd.config.embedded import Embedded, ServerConfig, anchored_model, model_title
from evokd.config.loop import LoopConfig
from evokd.config.roles import ROLES, Role
from evokd.config.strict import Strict
from evokd.config.task import CAUSAL_KINDS, TaskConfig


class Price(Strict):
    """USD per million tokens."""

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)


Omittable = Literal[
    "seed",
    "temperature",
    "top_p",
    "stop",
    "logprobs",
    "response_format",
    "min_p",
    "top_k",
    "frequency_penalty",
]
"""Parameters that a request can do without."""


class Endpoint(Strict):
    """One model behind one OpenAI-compatible address, or the embedded or the scripted one."""

    model: str | None = None
    base_url: str | None = None
    """None is api.openai.com; `http://127.0.0.1:8000/v1` is a local server. A query, such as
    `?api-version=…`, goes with every request."""
    api_key_env: str | None = Field(None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    """Environment variable that holds the key; the key itself never stands in a file."""
    embedded: Embedded | None = None
    """A name of the catalogue (`evokd models`), a path to a GGUF, `hub:owner/repo/file.gguf`."""
    server: ServerConfig | None = None
    """The server of an embedded model; None: the defaults."""
    scripted: bool = False
    temperature: float | None = Field(None, ge=0, le=2)
    """None: what the prompt pack says (writing about 1, labelling 0)."""
    max_tokens: int | None = Field(None, ge=1)
    """None: what the prompt pack says."""
    context: int | None = Field(None, ge=128)
    """Tokens that the model sees at once, prompt and reply together: texts are cut in prompts to
    fit. None: unknown; of an embedded model that of its `server`."""
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
    omit: tuple[Omittable, ...] = ()
    """Parameters that are never sent, for servers that refuse them. Without a seed no reply can be
    had again; without the pack's stop or temperature replies may be others than it expects."""
    system: Literal["system", "user"] = "system"
    """`user` puts the system message in front of the first user message, for models without one."""
    directive: str | None = None
    """Extra instruction for this endpoint's model (persona, style, register)."""
    price: Price | None = None

    @field_validator("base_url")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        if url is not None:
            check_address(url)
        return url

    @model_validator(mode="after")
    def _one_kind(self) -> Endpoint:
        kinds = [self.model is not None, self.embedded is not None, self.scripted]
        if sum(kinds) != 1:
            raise ValueError("expected exactly one of `model`, `embedded`, `scripted: true`")
        if self.base_url is not None and self.model is None:
            raise ValueError("`base_url` needs `model`")
        if self.server is not None and self.embedded is None:
            raise ValueError("`server` is for an `embedded` model: llama.cpp in this process")
        given = {"logprobs": self.logprobs, "temperature": self.temperature is not None}
        for name in self.omit:
            if given.get(name):
                raise ValueError(f"`{name}` is set and stands in `omit` too: leave one out")
        if self.context is not None and self.embedded is not None:
            raise ValueError("`context` of an `embedded` model stands under `server`")
        return self

    @property
    def title(self) -> str:
        """Name of the model in the ledger and in tables."""
        if self.embedded is not None:
            return model_title(self.embedded)
        return self.model or "scripted"

    @property
    def context_tokens(self) -> int | None:
        """Tokens of a prompt and its reply together; None: unknown."""
        if self.embedded is not None:
            return (self.server or ServerConfig()).context
        return self.context

    def anchored(self, base: Path) -> Endpoint:
        """The same with the path of its model, if it is one, made absolute."""
        if self.embedded is None:
            return self
        return self.model_copy(update={"embedded": anchored_model(self.embedded, base)})


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

    def anchored(self, base: Path) -> Self:
        """The same with the paths of models made absolute."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        return self.model_copy(
            update={
                name: tuple(endpoint.anchored(base) for endpoint in endpoints)
                for name, endpoints in given.items()
                if endpoints is not None
            }
        )


if TYPE_CHECKING:

    class Teachers(_Teachers):
        """A field for each row of the table of roles."""
else:
    Teachers = create_model(
        "Teachers", __base__=_Teachers, **dict.fromkeys(ROLES, (Endpoints | None, None))
    )


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
