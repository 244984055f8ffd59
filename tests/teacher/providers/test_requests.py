"""What leaves for each provider: our parameters in its words, and nothing that it has not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evokd.teacher.client import Answer, Asked
from evokd.teacher.request import Message, Request
from tests.servers.brain import Brain
from tests.servers.mischief import FAULTS, at
from tests.servers.protocols import KEY, PROTOCOLS
from tests.servers.rig import BRAIN, SCHEMA, parse, request
from tests.teacher.providers.providing import provided, refusing
from tests.teacher.test_left_out import warnings

CLOSED = {**SCHEMA, "additionalProperties": False, "required": ["1"]}
CHAT = (Message("system", "Be brief."), Message("user", "1. a fine lid"))


def full(number: int, *, logprobs: bool = False) -> Request:
    """A request with everything in it that a pack may ask for."""
    asked = replace(
        request(number),
        top_p=0.9,
        stop=("\n", "END"),
        schema=CLOSED,
        extra={"min_p": 0.05, "top_k": 0, "frequency_penalty": 0.5},
        top_logprobs=2 if logprobs else 0,
    )
    return replace(asked, prompt=replace(asked.prompt, messages=CHAT))


def sampled(sent: dict[str, Any], *names: str) -> dict[str, Any]:
    """Some fields of a request, without the seed, which is a large number."""
    return {name: sent[name] for name in names if name in sent}


async def test_to_anthropic(tmp_path: Path) -> None:
    async with provided("anthropic", tmp_path) as (server, rig):
        await rig.ask(full(1))
        one = server.bill.served[0]
    assert one.status == 200
    assert one.sent["system"] == "Be brief."
    assert one.sent["messages"] == [{"role": "user", "content": "1. a fine lid"}]
    shape = one.sent["output_config"]["format"]
    assert shape["type"] == "json_schema" and shape["schema"]["additionalProperties"] is False
    assert shape["schema"]["properties"]["1"]["enum"] == ["no", "yes"]
    rest = {k: v for k, v in one.sent.items() if k not in ("system", "messages", "output_config")}
    # no seed, no min_p, no frequency penalty, no white space to stop at, no top_k of 0
    assert rest == {
        "model": "claude-fake",
        "max_tokens": 20,
        "temperature": 0.0,
        "top_p": 0.9,
        "stop_sequences": ["END"],
    }


async def test_to_gemini(tmp_path: Path) -> None:
    async with provided("google_genai", tmp_path, logprobs=True) as (server, rig):
        await rig.ask(full(1, logprobs=True))
        one = server.bill.served[0]
    assert one.status == 200
    assert one.sent["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    config = one.sent["generationConfig"]
    assert config.pop("seed") > 0
    assert config.pop("responseJsonSchema") == CLOSED
    config.pop("candidateCount", None)
    assert config == {
        "temperature": 0.0,
        "topP": 0.9,
        "maxOutputTokens": 20,
        "stopSequences": ["\n", "END"],
        "frequencyPenalty": 0.5,
        "responseMimeType": "application/json",
        "responseLogprobs": True,
        "logprobs": 2,
    }


async def test_to_mistral(tmp_path: Path) -> None:
    async with provided("mistralai", tmp_path) as (server, rig):
        await rig.ask(full(1))
        one = server.bill.served[0]
    assert one.status == 200
    assert one.sent["random_seed"] > 0 and "seed" not in one.sent
    shape = one.sent["response_format"]
    assert (shape["type"], shape["json_schema"]["schema"]) == ("json_schema", CLOSED)
    names = ("temperature", "top_p", "max_tokens", "stop", "frequency_penalty", "min_p", "top_k")
    assert sampled(one.sent, *names) == {
        "temperature": 0.0,
        "top_p": 0.9,
        "max_tokens": 20,
        "stop": ["\n", "END"],
        "frequency_penalty": 0.5,
    }


async def test_to_ollama(tmp_path: Path) -> None:
    """What the model sees at once goes along: it would cut longer prompts in silence."""
    async with provided("ollama", tmp_path, context=4096) as (server, rig):
        await rig.ask(full(1, logprobs=True))
        one = server.bill.served[0]
    assert one.status == 200
    assert one.sent["model"] == "fake:7b" and one.sent["format"] == CLOSED
    assert (one.sent["logprobs"], one.sent["top_logprobs"]) == (True, 2)
    options = one.sent["options"]
    assert options.pop("seed") > 0
    assert options == {
        "temperature": 0.0,
        "top_p": 0.9,
        "num_predict": 20,
        "stop": ["\n", "END"],
        "min_p": 0.05,
        "top_k": 0,
        "frequency_penalty": 0.5,
        "num_ctx": 4096,
    }


@pytest.mark.parametrize("field", ["max_completion_tokens", "max_tokens"])
async def test_to_azure(field: str, tmp_path: Path) -> None:
    async with provided("azure", tmp_path, token_limit_field=field) as (server, rig):
        await rig.ask(full(1))
        one = server.bill.served[0]
    assert one.status == 200
    assert one.headers["api-key"] == KEY and "openai-organization" not in one.headers
    assert one.sent["seed"] > 0 and one.sent["response_format"]["type"] == "json_schema"
    names = ("temperature", "top_p", "stop", "frequency_penalty", "min_p", "top_k")
    assert sampled(one.sent, *names, "max_tokens", "max_completion_tokens") == {
        "temperature": 0.0,
        "top_p": 0.9,
        "stop": ["\n", "END"],
        "frequency_penalty": 0.5,
        field: 20,
    }


@pytest.mark.parametrize("name", PROTOCOLS)
async def test_what_the_config_omits_is_never_sent(name: str, tmp_path: Path) -> None:
    omit = ["temperature", "top_p", "seed", "stop", "response_format"]
    omit += ["frequency_penalty", "min_p", "top_k"]
    async with provided(name, tmp_path, omit=omit) as (server, rig):
        await rig.ask(full(1))
        one = server.bill.served[0]
    words = ("temperature", "top", "seed", "stop", "schema", "format", "json", "penalty")
    assert not any(word in field.lower() for field in _fields(one.sent) for word in words)


def _fields(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_fields, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    return set(value).union(*map(_fields, value.values()))


@pytest.mark.parametrize("name", PROTOCOLS)
async def test_an_empty_reply_can_be_repaired(name: str, tmp_path: Path) -> None:
    """Providers refuse an empty message, and the repair turn shows the reply that was none."""
    plan = at({1: FAULTS["empty content"]})
    async with provided(name, tmp_path, plan) as (server, rig):
        (outcome,) = await rig.ask(request(1))
        assert isinstance(outcome, Answer)
        assert rig.statuses() == ["rejected", "ok"]
        assert "…" in str(server.bill.served[1].sent)
        rig.balances_with(server)


@pytest.mark.parametrize(
    ("name", "sends", "body", "ours"),
    [
        (
            "mistralai",
            lambda sent: "random_seed" in sent,
            {"detail": [{"type": "extra_forbidden", "loc": ["body", "random_seed"], "msg": "No"}]},
            "seed",
        ),
        (
            "anthropic",
            lambda sent: "temperature" in sent,
            {"error": {"message": "`temperature` is deprecated for this model."}},
            "temperature",
        ),
        (
            "anthropic",
            lambda sent: "output_config" in sent,
            {"error": {"message": "output_config.format: not supported by this model"}},
            "json_schema",
        ),
        (
            "google_genai",
            lambda sent: "topP" in sent["generationConfig"],
            {"error": {"code": 400, "message": 'Unknown name "topP": Cannot find field.'}},
            "top_p",
        ),
        (
            "ollama",
            lambda sent: isinstance(sent.get("format"), dict),
            {"error": "invalid JSON schema in format"},
            "json_schema",
        ),
        (
            "azure",
            lambda sent: "seed" in sent,
            {"error": {"message": "Unrecognized request argument: seed", "param": None}},
            "seed",
        ),
    ],
)
async def test_what_a_provider_refuses_by_its_own_name_is_left_out(
    name: str, sends: Any, body: Any, ours: str, tmp_path: Path
) -> None:
    async with provided(name, tmp_path, refusing(sends, body)) as (server, rig):
        await rig.ask(full(1))
        assert rig.statuses()[0] == "error"
        first, second = server.bill.served[:2]
        assert sends(first.sent) and not sends(second.sent) and second.status == 200
        (text,) = warnings(rig.events)
        assert f"refuses `{ours}`" in text
        rig.balances_with(server)


@pytest.mark.parametrize("name", PROTOCOLS)
async def test_a_pack_s_own_parameter_goes_along(name: str, tmp_path: Path) -> None:
    """Where the server knows no such thing it says so, and is asked without."""
    strict = name in ("anthropic", "google_genai", "mistralai")
    async with provided(name, tmp_path) as (server, rig):
        (outcome,) = await rig.ask(replace(request(1), extra={"mirostat": 2}))
        assert isinstance(outcome, Answer), outcome
        assert "mirostat" in _fields(server.bill.served[0].sent)
        assert rig.statuses() == (["error", "ok"] if strict else ["ok"])
        assert len(warnings(rig.events)) == strict
        rig.balances_with(server)


@pytest.mark.parametrize("name", PROTOCOLS)
async def test_several_completions_of_one_prompt(name: str, tmp_path: Path) -> None:
    """In one request where the protocol has it, else one by one, which is said once."""
    brain = Brain(BRAIN.labels)
    async with provided(name, tmp_path, brain=brain) as (server, rig):
        asked = [Asked(replace(request(1), call_key=f"1/{at}"), parse) for at in range(3)]
        came = await rig.client.ask_same(asked)
        assert all(isinstance(one, Answer) for one in came), came
        alone = name in ("anthropic", "ollama")
        assert server.bill.requests == (3 if alone else 1)
        assert len(warnings(rig.events)) == alone
        rig.balances_with(server)
