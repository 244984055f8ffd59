"""Providers with a protocol of their own, as one table: what `anthropic:…` before a model means.

A new one is a row here and an adapter of its name in `evokd/teacher/providers/`. A prefix that is
no row's is part of the model's name, for `qwen2.5:7b` is one; but what looks like a provider that
somebody takes for one is refused, since it would go to api.openai.com.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field, field_validator

from evokd.config.address import check_address
from evokd.config.strict import Strict


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider, and what is known of it before it is asked."""

    name: str
    """Prefix of a model, and module of the adapter; LangChain's `init_chat_model` has the same."""
    extra: str | None
    """What to install: `pip install 'evokd[…]'`. None: nothing more."""
    module: str
    """LangChain's package for it."""
    address: str
    """Where it answers; empty: the config says it."""
    keys: tuple[str, ...] = ()
    """Environment variables that may hold its key, the first that is set counts; none: no key."""
    lacks: frozenset[str] = frozenset()
    """Parameters that its protocol has not: never sent, and refused where the config sets them."""
    hottest: float = 2.0
    """The highest `temperature` that it takes."""


def _table(*rows: Provider) -> Mapping[str, Provider]:
    return {row.name: row for row in rows}


PROVIDERS = _table(
    Provider(
        "anthropic",
        "anthropic",
        "langchain_anthropic",
        "https://api.anthropic.com",
        ("ANTHROPIC_API_KEY",),
        frozenset({"seed", "logprobs", "n", "json_object", "min_p", "frequency_penalty"}),
        hottest=1.0,
    ),
    Provider(
        "google_genai",
        "google",
        "langchain_google_genai",
        "https://generativelanguage.googleapis.com",
        ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        frozenset({"min_p"}),
    ),
    Provider(
        "mistralai",
        "mistral",
        "langchain_mistralai",
        "https://api.mistral.ai/v1",
        ("MISTRAL_API_KEY",),
        frozenset({"logprobs", "min_p", "top_k"}),
        hottest=1.5,
    ),
    Provider(
        "ollama", "ollama", "langchain_ollama", "http://127.0.0.1:11434", (), frozenset({"n"})
    ),
    Provider(
        "azure",
        None,
        "langchain_openai",
        "",
        ("AZURE_OPENAI_API_KEY",),
        frozenset({"min_p", "top_k"}),
    ),
)
AZURE = PROVIDERS["azure"]
"""Chosen by the section `azure`, not by a prefix."""
_PREFIXES = {name: one for name, one in PROVIDERS.items() if one is not AZURE}

_MEANT = {
    "google": "google_genai",
    "gemini": "google_genai",
    "claude": "anthropic",
    "mistral": "mistralai",
}
"""How people call a provider, or its models, that has another prefix."""
_COMPATIBLE: Mapping[str, str | None] = {
    "groq": "https://api.groq.com/openai/v1",
    "deepseek": "https://api.deepseek.com/v1",
    "xai": "https://api.x.ai/v1",
    "together": "https://api.together.xyz/v1",
    "fireworks": "https://api.fireworks.ai/inference/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "perplexity": "https://api.perplexity.ai",
    "nvidia": "https://integrate.api.nvidia.com/v1",
    "huggingface": "https://router.huggingface.co/v1",
    "cohere": "https://api.cohere.ai/compatibility/v1",
    **dict.fromkeys(
        ("google_vertexai", "google_anthropic_vertex", "anthropic_bedrock", "bedrock"), None
    ),
    **dict.fromkeys(("bedrock_converse", "azure_ai", "ibm", "upstage", "litellm", "baseten"), None),
}
"""LangChain's other providers, and where they speak OpenAI's protocol, as far as is known."""
CLOSE = 0.85
"""How alike a prefix must be to an adapter's name to be taken for a slip."""


class AzureConfig(Strict):
    """A deployment of Azure OpenAI. The key stands in AZURE_OPENAI_API_KEY, or `api_key_env`."""

    endpoint: str
    """Address of the resource: `https://NAME.openai.azure.com`."""
    api_version: str = Field(pattern=r"^[\w.-]{1,40}$")
    """Of the API, as Azure's own page has it: `2024-10-21`."""
    deployment: str | None = Field(None, pattern=r"^[\w.-]{1,64}$")
    """Name of the deployment; null: that of the `model`."""

    @field_validator("api_version", mode="before")
    @classmethod
    def _written(cls, said: Any) -> Any:
        return said.isoformat() if isinstance(said, date) else said  # as YAML reads 2024-10-21

    @field_validator("endpoint")
    @classmethod
    def _address(cls, url: str) -> str:
        check_address(url)
        return url


def prefixed(model: str) -> tuple[Provider | None, str]:
    """The provider that a model's name begins with, if any, and the name without it."""
    prefix, colon, name = model.partition(":")
    provider = _PREFIXES.get(prefix) if colon and name.strip() else None
    return (None, model) if provider is None else (provider, name)


def mistaken(model: str) -> str | None:
    """What to write for a name that looks like a provider's and is none of ours; None: nothing.

    Args:
        model: Without a `base_url`.
    """
    prefix, colon, name = model.partition(":")
    if not colon or prefixed(model)[0]:
        return None
    said = prefix.strip().lower().replace("-", "_")
    if said in _PREFIXES and not name.strip():
        return f"expected the name of a model behind {prefix!r}:"
    if said in ("openai", "azure_openai", "azure"):
        ours = f"`model: {name}`"
        section = ", azure: {endpoint: https://NAME.openai.azure.com, api_version: …}"
        return f"write {ours} alone" if said == "openai" else f"write {ours[:-1]}{section}`"
    if said in _COMPATIBLE:
        address = _COMPATIBLE[said]
        way = f"`{{model: {name}, base_url: {address or 'ADDRESS'}, api_key_env: MY_KEY}}`"
        if address:
            return f"{prefix} speaks OpenAI's protocol: write {way}"
        return (
            f"evokd has no adapter for it; through a gateway that speaks OpenAI's protocol: {way}"
        )
    close = difflib.get_close_matches(said, _PREFIXES, n=1, cutoff=CLOSE)
    meant = _MEANT.get(said) or (close[0] if close else None)
    if meant is None:
        return None
    return (
        f"did you mean '{meant}:{name}'? Of a model whose name really begins so, say `base_url`"
        f" too, or 'ollama:{model}'"
    )


def refused_settings(
    provider: Provider,
    *,
    logprobs: bool,
    structured: str,
    temperature: float | None,
    token_limit_field: str,
) -> Iterator[str]:
    """What a config says of an endpoint that its provider's protocol has not, key by key."""
    name = provider.name
    if logprobs and "logprobs" in provider.lacks:
        yield f"`logprobs`: {name} gives no log-probabilities; leave it out"
    if structured in provider.lacks:
        yield f"`structured: {structured}`: {name} has no such mode; take json_schema or none"
    if temperature is not None and temperature > provider.hottest:
        yield f"`temperature`: {name} takes 0 to {provider.hottest:g}, found {temperature:g}"
    if token_limit_field != "max_completion_tokens" and provider is not AZURE:
        yield f"`token_limit_field` is about OpenAI's protocol; leave it out for {name}"
