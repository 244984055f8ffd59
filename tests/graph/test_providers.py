"""Whole runs with teachers in other protocols: the books are right, whatever the servers do."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from evokd.config import Config, ConfigError, Endpoint
from evokd.config.decoding import DecodingConfig
from graph.checking.endpoints import look_at_endpoints
from graph.core.decoding import check_continuation
from graph.session import resume, start
from tests.servers.audit import audit, books, holds_nothing_of, statuses
from tests.servers.fake_chat import FakeChat, Mischief, Served
from tests.servers.mischief import FAULTS, every, status
from tests.servers.protocols import PROTOCOLS
from tests.servers.runs import BRAIN, KEY, KEY_NAME, settings
from tests.teacher.providers.providing import needs

pytestmark = pytest.mark.usefixtures("quick")
NAMES = ("429", "503", "truncated", "empty content", "reset mid-body", "null message", "no usage")


def config(name: str, shared: Path, url: str, *overrides: str) -> Config:
    endpoint = PROTOCOLS[name].endpoint(url) | {
        "api_key_env": KEY_NAME,
        "timeout_s": 30,
        "concurrency": 4,
        "price": {"prompt": 1, "completion": 5, "cached_prompt": 0.1},
    }
    return settings(shared, url, f"teachers={json.dumps({'default': endpoint})}", *overrides)


def in_turn(served: Served) -> Mischief | None:
    """One of the faults at every second request."""
    turn, rest = divmod(served.number, 2)
    return None if rest else FAULTS[NAMES[turn % len(NAMES)]]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_run_under_faults(name: str, shared: Path, tmp_path: Path) -> None:
    needs(name)
    run = tmp_path / "run"
    with FakeChat(BRAIN, in_turn, protocol=PROTOCOLS[name]) as server:
        outcome = start(config(name, shared, server.url, "loop.rounds=1"), run)
        assert (outcome.status, outcome.reason) == ("done", "1 rounds done")
        audit(run, server.bill)
        assert {one.authorization for one in server.bill.served} == {f"Bearer {KEY}"}
    assert statuses(run)["error"] > 0
    assert books(run)["billed"]["usd"] > 0
    holds_nothing_of(run, KEY)


def test_check_says_what_a_protocol_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    needs("anthropic")
    protocol = PROTOCOLS["anthropic"]
    monkeypatch.setenv(KEY_NAME, KEY)
    with FakeChat(BRAIN, protocol=protocol, models=["claude-fake"]) as server:
        given = protocol.endpoint(server.url) | {"api_key_env": KEY_NAME}
        (found,) = look_at_endpoints([Endpoint.model_validate(given)])
        assert server.bill.requests == 0
    assert found.state == "ok" and "1 on its list of models" in found.text
    assert "without frequency_penalty, json_object, logprobs, min_p, n (completions" in found.text
    assert "seed (no reply can be had again)" in found.text


def test_check_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    (found,) = look_at_endpoints([Endpoint(model="mistralai:mistral-small-latest")])
    assert found.state == "failed" and "pip install 'evokd[mistral]'" in found.text


@pytest.mark.parametrize("how", ["vllm", "llama.cpp"])
def test_a_beginning_that_no_protocol_but_openai_s_goes_on_from(how: str) -> None:
    paths = DecodingConfig.model_validate({"analyst": "cot_decoding", "continuation": how})
    gemini = Endpoint(model="google_genai:gemini-2.5-flash", logprobs=True)
    with pytest.raises(ConfigError, match=rf"loop.decoding.continuation: {how} is a server's own"):
        check_continuation("loop.decoding", paths, gemini)
    at_a_server = Endpoint(model="gemini", base_url="http://127.0.0.1:8000/v1", logprobs=True)
    check_continuation("loop.decoding", paths, at_a_server)


def test_a_key_that_is_refused_at_work_and_mended(shared: Path, tmp_path: Path) -> None:
    """One request is sent, none is paid, and a resume goes on where it ended."""
    name, run = "anthropic", tmp_path / "run"
    needs(name)
    refused = every(1, status(401, "invalid x-api-key"))
    with FakeChat(BRAIN, refused, protocol=PROTOCOLS[name], models_status=404) as server:
        outcome = start(config(name, shared, server.url, "loop.rounds=1"), run)
        assert outcome.status == "failed" and "401: invalid x-api-key" in outcome.reason
        assert server.bill.requests == 1
        audit(run, server.bill)
        server.plan = lambda _: None
        assert resume(run).status == "done"
        audit(run, server.bill)
