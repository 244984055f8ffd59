"""What stands before a model's name: a provider, a slip, or a part of the name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from evokd.config import Endpoint, Teachers, parse_yaml
from evokd.config.providers import PROVIDERS

AZURE = {"endpoint": "https://mine.openai.azure.com", "api_version": "2024-10-21"}


def endpoint(**given: Any) -> Endpoint:
    return Endpoint.model_validate(given)


@pytest.mark.parametrize(
    ("model", "provider", "name"),
    [
        ("anthropic:claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5"),
        ("google_genai:gemini-2.5-flash", "google_genai", "gemini-2.5-flash"),
        ("mistralai:mistral-small-latest", "mistralai", "mistral-small-latest"),
        ("ollama:qwen2.5:7b", "ollama", "qwen2.5:7b"),
    ],
)
def test_a_provider_before_the_name(model: str, provider: str, name: str) -> None:
    found = Teachers.model_validate(model).default[0]
    assert found.provider is PROVIDERS[provider]
    assert (found.name, found.title) == (name, model)
    assert found.local == (provider == "ollama")


@pytest.mark.parametrize(
    "model",
    ["gpt-4o-mini", "qwen2.5:7b", "ft:gpt-4o-mini:org::1", "llama3.2:3b", "gemma3:4b", "a/b:free"],
)
def test_other_names_are_names(model: str) -> None:
    found = endpoint(model=model)
    assert found.provider is None and (found.name, found.title) == (model, model)
    assert not found.lacks


@pytest.mark.parametrize("model", ["anthropic:claude", "mistral:7b", "groq:x", "openai:gpt-4o"])
def test_with_a_base_url_every_name_is_one(model: str) -> None:
    found = endpoint(model=model, base_url="http://127.0.0.1:8000/v1", logprobs=True)
    assert found.provider is None and found.name == model


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("antropic:claude-sonnet-4-5", "did you mean 'anthropic:claude-sonnet-4-5'?"),
        ("google-genai:gemini-2.5-flash", "did you mean 'google_genai:gemini-2.5-flash'?"),
        ("gemini:gemini-2.5-flash", "did you mean 'google_genai:gemini-2.5-flash'?"),
        ("mistral:7b", "say `base_url` too, or 'ollama:mistral:7b'"),
        ("openai:gpt-4o", "write `model: gpt-4o` alone"),
        ("azure_openai:gpt-4o", "azure: {endpoint: https://NAME.openai.azure.com"),
        ("groq:llama-3.3-70b", "base_url: https://api.groq.com/openai/v1, api_key_env: MY_KEY}`"),
        ("bedrock:claude", "evokd has no adapter for it"),
        ("anthropic:", "expected the name of a model behind 'anthropic'"),
    ],
)
def test_what_looks_like_a_provider_is_told_what_to_write(model: str, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        endpoint(model=model)
    assert "would go to api.openai.com" in str(caught.value) and said in str(caught.value)


CLAUDE, GEMINI = "anthropic:claude-sonnet-4-5", "google_genai:gemini-2.5-flash"
MISTRAL, OLLAMA = "mistralai:mistral-small-latest", "ollama:qwen2.5:7b"


@pytest.mark.parametrize(
    ("model", "given", "said"),
    [
        (CLAUDE, {"logprobs": True}, "`logprobs`: anthropic gives no log-probabilities"),
        (MISTRAL, {"logprobs": True}, "`logprobs`: mistralai gives no log-probabilities"),
        (CLAUDE, {"temperature": 1.2}, "`temperature`: anthropic takes 0 to 1, found 1.2"),
        (CLAUDE, {"structured": "json_object"}, "`structured: json_object`: anthropic has no"),
        (GEMINI, {"token_limit_field": "max_tokens"}, "`token_limit_field` is about OpenAI's"),
        ("gpt-4o", {"provider_url": "http://a"}, "`provider_url` needs a `model` that begins"),
        (CLAUDE, {"provider_url": "ftp://a"}, "begins with neither http:// nor https://"),
        (CLAUDE, {"azure": AZURE}, "`azure` needs a `model` without a provider"),
        ("gpt-4o", {"azure": AZURE, "base_url": "http://a/v1"}, "and no `base_url`"),
        ("gpt-4o", {"azure": {**AZURE, "endpoint": "x"}}, "begins with neither"),
        ("gpt-4o", {"azure": AZURE | {"deployment": "../x"}}, "should match pattern"),
        (
            CLAUDE,
            {"base_url": "http://a/v1", "provider_url": "http://a"},
            "the address of an OpenAI-compatible server is its `base_url`",
        ),
    ],
)
def test_what_a_provider_has_not_is_refused_by_its_key(
    model: str, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        endpoint(model=model, **given)
    assert said in str(caught.value)


def test_what_a_provider_has_is_taken() -> None:
    assert endpoint(model=GEMINI, logprobs=True, temperature=2).lacks == {"min_p"}
    assert endpoint(model=OLLAMA, logprobs=True, structured="json_object").local
    assert not endpoint(model=OLLAMA, provider_url="http://10.0.0.9:11434").local


def test_azure_by_config() -> None:
    found = endpoint(model="gpt-4o-mini", azure={**AZURE, "deployment": "my-mini"})
    assert (found.name, found.title) == ("my-mini", "gpt-4o-mini")
    assert found.address == "https://mine.openai.azure.com"
    assert endpoint(model="gpt-4o-mini", azure=AZURE).name == "gpt-4o-mini"


def test_a_version_may_stand_without_quotes() -> None:
    """YAML takes it for a date."""
    text = "{model: gpt-4o-mini, azure: {endpoint: 'https://a', api_version: 2024-10-21}}"
    azure = Endpoint.model_validate(parse_yaml(text)).azure
    assert azure is not None and azure.api_version == "2024-10-21"


def test_the_new_settings_stand_in_no_old_cell_s_name() -> None:
    """A grid names its cells by what differs from the defaults."""
    told = endpoint(model="gpt-4o-mini", price={"prompt": 1, "completion": 2})
    assert told.model_dump(mode="json", exclude_defaults=True) == {
        "model": "gpt-4o-mini",
        "price": {"prompt": 1.0, "completion": 2.0},
    }
