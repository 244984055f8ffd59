"""Who answers: endpoints, by role."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, create_model, field_validator, model_validator

from evokd.config.address import check_address
from evokd.config.embedded import Embedded, ServerConfig, anchored_model, model_title
from evokd.config.roles import ROLES, Role
from evokd.config.strict import Strict


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


class _Teachers(Strict, extra="allow"):
    """Endpoints by role; `default` serves the roles that name none.

    Roles that users registered stand in `model_extra`; a name of no role is refused by `Config`.
    """

    __pydantic_extra__: dict[str, Endpoints] = Field(init=False)
    default: Endpoints = (Endpoint(embedded="smollm2-135m"),)

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
