"""Who answers: endpoints, by role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, create_model, field_validator, model_validator

from evokd.config.address import check_address, is_loopback
from evokd.config.batch import BatchConfig
from evokd.config.embedded import HUB, Embedded, ServerConfig, anchored_model, model_title
from evokd.config.providers import (
    AZURE,
    AzureConfig,
    Provider,
    mistaken,
    prefixed,
    refused_settings,
)
from evokd.config.roles import ROLES, Role
from evokd.config.strict import Several, Strict

EMBEDDED = "embedded:"
"""How a text begins that stands for an embedded model, as in `student.model`."""
_KEY = re.compile(r"(?:sk|pk|gsk|hf|xai|nvapi)[-_][\w-]{16,}|AIza[\w-]{20,}|Bearer ", re.IGNORECASE)


class Price(Strict):
    """USD per million tokens."""

    prompt: float = Field(ge=0)
    """A million prompt tokens."""
    completion: float = Field(ge=0)
    """A million tokens of replies."""
    cached_prompt: float | None = Field(None, ge=0)
    """A million prompt tokens that the provider had in its cache; null: as any others. Writing to
    a cache, which some charge for, has no price of its own."""


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
    """One model: behind an OpenAI-compatible address, at a provider, embedded, or scripted."""

    model: str | None = None
    """Name of the model at the endpoint, as its server knows it. Where `base_url` is unset,
    `anthropic:…`, `google_genai:…`, `mistralai:…` and `ollama:…` name a model of that provider."""
    base_url: str | None = None
    """None is api.openai.com; `http://127.0.0.1:8000/v1` is a local server. A query, such as
    `?api-version=…`, goes with every request."""
    provider_url: str | None = None
    """Another address of the provider that `model` begins with: a gateway, an Ollama elsewhere.
    It gets a key only where `api_key_env` names one. null: the provider's own."""
    azure: AzureConfig | None = None
    """A deployment of Azure OpenAI instead of a `base_url`."""
    api_key_env: str | None = Field(None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    """Environment variable that holds the key; the key itself never stands in a file."""
    embedded: Embedded | None = None
    """A name of the catalogue (`evokd models`), a path to a GGUF, `hub:owner/repo/file.gguf`."""
    server: ServerConfig | None = None
    """The server of an embedded model; None: the defaults."""
    scripted: bool = False
    """The deterministic fake of tests and tours: answers at once, knows nothing."""
    temperature: float | None = Field(None, ge=0, le=2)
    """None: what the prompt pack says (writing about 1, labelling 0)."""
    max_tokens: int | None = Field(None, ge=1)
    """None: what the prompt pack says."""
    context: int | None = Field(None, ge=128)
    """Tokens that the model sees at once, prompt and reply together: texts are cut in prompts to
    fit. None: unknown; of an embedded model that of its `server`."""
    timeout_s: float = Field(120, gt=0)
    """Seconds until a request is given up."""
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
    """What its tokens cost; null: unknown, and so is the run's price."""
    batch: BatchConfig | None = None
    """Ask by OpenAI's Batch API: hours instead of seconds, for half the price. For methods and
    steps that have no turn to wait for, at servers that have the API (`batch: {}` is all it
    takes); null: every request by itself."""

    @field_validator("base_url", "provider_url")
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
        if self.batch is not None and self.model is None:
            raise ValueError(
                "`batch` needs a `model` behind a server with OpenAI's Batch API; an embedded or a"
                " scripted one has none: leave it out"
            )
        return self

    @model_validator(mode="after")
    def _one_protocol(self) -> Endpoint:
        if self.azure is not None:
            if self.model is None or self.base_url is not None or prefixed(self.model)[0]:
                raise ValueError(
                    "`azure` needs a `model` without a provider before it, and no `base_url`"
                )
        elif self.model is not None and self.base_url is None:
            meant = mistaken(self.model)
            if meant is not None:
                raise ValueError(f"`model`: {self.model!r} would go to api.openai.com; {meant}")
        provider = self.provider
        if self.provider_url is not None and (provider is None or provider is AZURE):
            raise ValueError(
                "`provider_url` needs a `model` that begins with a provider (anthropic:…) and no"
                " `base_url`; the address of an OpenAI-compatible server is its `base_url`"
            )
        if self.batch is not None and provider is not None:
            raise ValueError(
                "`batch` is OpenAI's own Batch API, which no other provider's protocol has; leave"
                " it out"
            )
        for wrong in () if provider is None else self._refused(provider):
            raise ValueError(wrong)
        return self

    def _refused(self, provider: Provider) -> Iterator[str]:
        return refused_settings(
            provider,
            logprobs=self.logprobs,
            structured=self.structured,
            temperature=self.temperature,
            token_limit_field=self.token_limit_field,
        )

    @property
    def provider(self) -> Provider | None:
        """Whose own protocol it speaks; None: OpenAI's, or none at all."""
        if self.azure is not None:
            return AZURE
        return None if self.model is None or self.base_url else prefixed(self.model)[0]

    @property
    def name(self) -> str:
        """Name of the model as its server knows it."""
        if self.azure is not None and self.azure.deployment:
            return self.azure.deployment
        return self.title if self.provider in (None, AZURE) else prefixed(self.title)[1]

    @property
    def address(self) -> str | None:
        """Where it answers, as far as the config says or its provider does; None: neither."""
        if self.azure is not None:
            return self.azure.endpoint
        usual = self.provider.address if self.provider else None
        return self.base_url or self.provider_url or usual

    @property
    def lacks(self) -> frozenset[str]:
        """Parameters that its protocol has not: they are never sent."""
        return self.provider.lacks if self.provider else frozenset()

    @property
    def paid(self) -> Price | None:
        """What its tokens cost as they are asked for: in a batch, a share of `price`."""
        if self.price is None or self.batch is None:
            return self.price
        share = self.batch.price_share
        given = self.price.model_dump(exclude_none=True)
        return Price(**{name: usd * share for name, usd in given.items()})

    @property
    def title(self) -> str:
        """Name of the model in the ledger and in tables."""
        if self.embedded is not None:
            return model_title(self.embedded)
        return self.model or "scripted"

    @property
    def local(self) -> bool:
        """Whether it runs on this machine and nobody sends a bill for it."""
        host = urlsplit(self.address).hostname if self.address else None
        here = self.scripted or self.embedded is not None or (host and is_loopback(host))
        return bool(here) and self.price is None

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


def spelt_out(teachers: Any) -> Any:
    """`teachers` with every short form as the mapping that it stands for.

    `gpt-4o-mini` alone is `{default: {model: gpt-4o-mini}}`; in a role's place, and in a list of
    such, a text stands for an endpoint: `embedded:NAME`, `scripted`, or a model of api.openai.com.

    Raises:
        ValueError: a text that stands for none.
    """
    if isinstance(teachers, (str, list, tuple)):
        return {"default": _endpoints(teachers)}
    if not isinstance(teachers, dict):
        return teachers
    return {role: _endpoints(given) for role, given in teachers.items()}


def _endpoints(given: Any) -> Any:
    if isinstance(given, (list, tuple)):
        return [_endpoint(one) if isinstance(one, str) else one for one in given]
    return _endpoint(given) if isinstance(given, str) else given


def _endpoint(said: str) -> dict[str, Any]:
    name = said.strip()
    if not name:
        raise ValueError("expected the name of a model, found an empty text")
    if _KEY.match(name):  # it would be sent, and written down, as a model's name
        raise ValueError(
            "expected the name of a model, and this looks like a key: put that into a variable of"
            " the environment, and name the variable in `api_key_env`"
        )
    if name.startswith(("http://", "https://")):
        raise ValueError(
            "an address alone does not say which of its models to ask: write"
            " `{model: NAME, base_url: ADDRESS}` (the list of models stands at ADDRESS/models)"
        )
    if name == "scripted":
        return {"scripted": True}
    if name.startswith(EMBEDDED):
        return {"embedded": name.removeprefix(EMBEDDED)}
    if name.startswith(HUB) or name.endswith(".gguf"):
        return {"embedded": name}
    return {"model": name}


def _as_list(raw: Any) -> Any:
    return raw if isinstance(raw, (list, tuple)) else [raw]


Endpoints = Annotated[
    tuple[Endpoint, ...], BeforeValidator(_as_list), Field(min_length=1), Several()
]


class _Teachers(Strict, extra="allow"):
    """Endpoints by role; `default` serves the roles that name none.

    Roles that users registered stand in `model_extra`; a name of no role is refused by `Config`.
    """

    __pydantic_extra__: dict[str, Endpoints] = Field(init=False)
    default: Endpoints = (Endpoint(embedded="smollm2-135m"),)
    """Endpoints of all roles that name none of their own."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: Any) -> Any:
        return spelt_out(raw)

    def of(self, role: Role) -> tuple[Endpoint, ...]:
        """Endpoints of a role, in the order of the config."""
        named: tuple[Endpoint, ...] | None = getattr(self, role, None)
        return named or self.default

    def every(self) -> set[Endpoint]:
        """All endpoints that some role names."""
        return {endpoint for role in ROLES for endpoint in self.of(role)}

    def anchored(self, base: Path) -> Self:
        """The same with the paths of models made absolute."""
        given = dict(self)  # the roles of users, too
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
