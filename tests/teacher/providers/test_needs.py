"""What a provider needs of this machine, and what of its environment it must not get."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

import httpx2
import pytest

from evokd.config import ConfigError, Endpoint
from evokd.config.providers import AZURE, PROVIDERS
from evokd.teacher.keys import NO_KEY, check_needs, find_key
from evokd.teacher.pool import teacher_of
from evokd.teacher.presence import presence
from evokd.teacher.watched import WatchedTeacher
from tests.servers.fake_chat import FakeChat
from tests.servers.protocols import KEY, KEY_NAME, PROTOCOLS
from tests.servers.rig import BRAIN, request
from tests.teacher.providers.providing import needs, provided

MODELS = {name: f"{name}:some-model" for name, one in PROVIDERS.items() if one is not AZURE}
VARIABLES = {name: one.keys for name, one in PROVIDERS.items()}
STRANGERS = {
    "ANTHROPIC_AUTH_TOKEN": "token-of-anthropic",
    "OLLAMA_API_KEY": "key-of-ollama-com",
    "AZURE_OPENAI_AD_TOKEN": "token-of-azure",
    "OPENAI_API_KEY": "key-of-openai-com",
    "OPENAI_ORG_ID": "org-of-somebody",
    "OPENAI_PROJECT_ID": "project-at-openai",
    "GOOGLE_CLOUD_PROJECT": "project-of-somebody",
}
"""What SDKs take from the environment by themselves."""
ELSEWHERE = {
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
    "MISTRAL_BASE_URL": "http://127.0.0.1:9",
    "OLLAMA_HOST": "http://127.0.0.1:9",
    "GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:9",
    "GOOGLE_GENAI_USE_VERTEXAI": "true",
    "OPENAI_API_VERSION": "1999-01-01",
    "AZURE_OPENAI_ENDPOINT": "http://127.0.0.1:9",
    "OPENAI_PROXY": "nonsense://",
    "ALL_PROXY": "nonsense://",
}
"""What would send a request another way than the config says."""


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for names in VARIABLES.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", MODELS)
def test_a_missing_package_is_named_with_what_installs_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    endpoint = Endpoint(model=MODELS[name])
    extra = PROVIDERS[name].extra
    with pytest.raises(ConfigError, match=rf"is not installed: pip install 'evokd\[{extra}\]'"):
        check_needs(endpoint)


def test_a_package_that_can_not_be_imported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a LangChain that is too old for it."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: True)

    def broken(_: str) -> None:
        raise ImportError("cannot import name 'x'")

    monkeypatch.setattr(importlib, "import_module", broken)
    with pytest.raises(
        ConfigError, match=r"can't be imported \(cannot import name 'x'\); install it"
    ):
        teacher_of(Endpoint(model="ollama:some-model"))


@pytest.mark.parametrize("name", ["anthropic", "google_genai", "mistralai", "azure"])
def test_a_key_is_looked_for_by_its_usual_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    azure = {"endpoint": "https://mine.openai.azure.com", "api_version": "2024-10-21"}
    given: Any = {"model": "gpt-4o", "azure": azure} if name == "azure" else {"model": MODELS[name]}
    endpoint = Endpoint.model_validate(given)
    with pytest.raises(ConfigError, match=f"variable {VARIABLES[name][0]} is not set"):
        find_key(endpoint)
    monkeypatch.setenv(VARIABLES[name][-1], KEY)
    assert find_key(endpoint) == KEY
    if name != "azure":  # where every address is the user's own
        away = endpoint.model_copy(update={"provider_url": "http://gateway.example.org"})
        assert find_key(away) == NO_KEY


def test_ollama_needs_no_key() -> None:
    assert find_key(Endpoint(model="ollama:some-model")) == NO_KEY


@pytest.mark.parametrize("name", PROTOCOLS)
async def test_nothing_of_the_environment_goes_along(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in {**STRANGERS, **ELSEWHERE}.items():
        monkeypatch.setenv(variable, value)
    async with provided(name, tmp_path) as (server, rig):
        await rig.ask(request(1))
        (one,) = server.bill.served
    said = f"{one.headers} {one.sent}"
    assert one.status == 200 and KEY in said
    assert not [value for value in STRANGERS.values() if value in said]


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize(
    ("status", "names", "listed", "fault", "remark"),
    [
        (200, ("claude-fake", "gemini-fake", "mistral-fake", "fake:7b"), 4, None, None),
        (200, ("another",), 1, None, "is not on the server's list ("),
        (401, (), 0, "refuses the key", None),
        (404, (), 0, None, None),
    ],
)
async def test_the_list_of_models_is_asked_for(
    name: str,
    status: int,
    names: tuple[str, ...],
    listed: int,
    fault: str | None,
    remark: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needs(name)
    monkeypatch.setenv(KEY_NAME, KEY)
    protocol = PROTOCOLS[name]
    with FakeChat(BRAIN, protocol=protocol, models_status=status, models=names) as server:
        given = protocol.endpoint(server.url) | {"api_key_env": KEY_NAME}
        endpoint = Endpoint.model_validate(given)
        teacher = teacher_of(endpoint)
        assert isinstance(teacher, WatchedTeacher)
        found = await presence(endpoint, teacher)
        await teacher.close()
        assert server.bill.requests == 0
    assert found.listed == listed and found.address == server.url
    assert (found.fault is None) == (fault is None) and (fault or "") in (found.fault or "")
    if name == "azure":  # lists models, and is asked for a deployment
        remark = None
    assert (found.remark is None) == (remark is None) and (remark or "") in (found.remark or "")


async def test_gemini_s_400_refuses_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    needs("google_genai")
    monkeypatch.setenv(KEY_NAME, KEY)
    teacher = teacher_of(Endpoint(model="google_genai:some-model", api_key_env=KEY_NAME))
    assert isinstance(teacher, WatchedTeacher)
    body = {"error": {"code": 400, "details": [{"reason": "API_KEY_INVALID"}]}}
    assert teacher.refuses_key(httpx2.Response(400, json=body))
    assert not teacher.refuses_key(httpx2.Response(400, json={"error": {"code": 400}}))
    assert not teacher.refuses_key(httpx2.Response(200, json={"models": []}))
    await teacher.close()
