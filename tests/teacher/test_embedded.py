"""The embedded server: what it is told, who shares it, what it refuses. llama.cpp is a fake here,
but for one slow test."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from evokd.config import ConfigError, Endpoint, ServerConfig
from evokd.teacher.completion import outcome
from evokd.teacher.embedded import CACHE_MIB, EmbeddedServer, embedded_server
from evokd.teacher.faults import Refused
from evokd.teacher.transport import Wire
from tests.store.made_gguf import save_gguf


class FakeLlama:
    """Keeps the parameters that servers were started with."""

    def __init__(self, error: RuntimeError | None = None) -> None:
        self.started: list[Any] = []
        self.error = error

    def CommonParams(self) -> Any:
        parts = ("model", "cpuparams", "cpuparams_batch")
        return SimpleNamespace(**{name: SimpleNamespace() for name in parts})

    def Server(self, params: Any) -> Any:
        if self.error:
            raise self.error
        self.started.append(params)
        return SimpleNamespace(listening_address="http://127.0.0.1:1")


@pytest.fixture
def llama(monkeypatch: pytest.MonkeyPatch) -> FakeLlama:
    fake = FakeLlama()
    monkeypatch.setitem(sys.modules, "xllamacpp", fake)
    return fake


def test_defaults(tmp_path: Path, llama: FakeLlama) -> None:
    file = save_gguf(tmp_path / "a.gguf")
    assert EmbeddedServer(str(file)).base_url == "http://127.0.0.1:1/v1"
    (params,) = llama.started
    assert (params.model.path, params.n_parallel, params.n_ctx) == (str(file), 8, 16384)
    assert params.cpuparams.n_threads == params.cpuparams_batch.n_threads >= 1
    assert params.cache_ram_mib == CACHE_MIB and not hasattr(params, "n_gpu_layers")
    assert params.hostnames == ["127.0.0.1"]


def test_settings(tmp_path: Path, llama: FakeLlama) -> None:
    settings = ServerConfig(slots=3, context=512, threads=1, gpu_layers=0)
    assert EmbeddedServer(str(save_gguf(tmp_path / "a.gguf")), settings).base_url
    (params,) = llama.started
    assert (params.n_parallel, params.n_ctx, params.n_gpu_layers) == (3, 1536, 0)
    assert params.cpuparams.n_threads == params.cpuparams_batch.n_threads == 1


def test_who_shares_a_server() -> None:
    base = embedded_server("a")
    assert embedded_server("a", None) is embedded_server("a", ServerConfig()) is base
    assert embedded_server("a", ServerConfig(slots=8)) is base
    assert embedded_server("a", ServerConfig(slots=2)) is not base
    assert embedded_server("b") is not base


def test_what_can_not_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = save_gguf(tmp_path / "a.gguf", context=1024)
    monkeypatch.setitem(sys.modules, "xllamacpp", FakeLlama(RuntimeError("no")))
    small = ServerConfig(context=1024)
    with pytest.raises(ConfigError, match=r"a\.gguf: llama\.cpp can't load it \(no\)"):
        assert EmbeddedServer(str(file), small).base_url
    with pytest.raises(ConfigError, match=r"server\.context: .* at most 1,024 .* got 2,048"):
        assert EmbeddedServer(str(file)).base_url
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ConfigError, match=r"needs xllamacpp .*make setup"):
        assert EmbeddedServer(str(file), small).base_url


def test_a_prompt_too_long_for_a_slot() -> None:
    error = {
        "code": 400,
        "message": "request (431 tokens) exceeds the available context size (256 tokens)",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 431,
        "n_ctx": 256,
    }
    wire = Wire()
    wire.answer = httpx2.Response(400, json={"error": error})
    fault = outcome(wire, None)
    assert isinstance(fault, Refused) and not fault.retry
    assert "the prompt has 431 tokens, and a slot of the server holds 256" in str(fault)
    assert "server: {context: …}" in str(fault)


@pytest.mark.parametrize(
    ("status", "message", "named"),
    [
        (400, "This model's maximum context length is 4096 tokens. However, you", True),
        (400, "Your input exceeds the context window of this model.", True),
        (400, "The decoder prompt (length 5000) is longer than the maximum model length", True),
        (400, "The input (5000 tokens) is longer than the model's context length", True),
        (400, "prompt is too long: 200251 tokens > 199999 maximum", True),
        (413, "Prompt contains 40000 tokens, too large for the maximum context length", True),
        (400, "The input token count (2000000) exceeds the maximum number of tokens", True),
        (400, "unknown parameter: seed", False),
        (429, "rate limit of the context window", False),
    ],
)
def test_other_servers_say_that_a_prompt_is_too_long(
    status: int, message: str, named: bool
) -> None:
    """The setting that cuts the texts is named."""
    wire = Wire()
    wire.answer = httpx2.Response(status, json={"error": {"message": message}})
    fault = outcome(wire, None)
    assert message in str(fault)
    assert ("say `context: …` in the endpoint" in str(fault)) == named


@pytest.mark.slow
async def test_a_real_one() -> None:
    """Small slots: what fits is answered, what does not is refused in words."""
    from evokd.teacher.chat import ChatTeacher
    from evokd.teacher.request import Message, Prompt, Request

    server = EmbeddedServer("smollm2-135m", ServerConfig(slots=1, context=256, threads=1))
    teacher = ChatTeacher(Endpoint(embedded="smollm2-135m"), base_url=server.base_url)

    def asking(text: str) -> Request:
        prompt = Prompt((Message("user", text),), "t", "0" * 64)
        return Request(role="writer", call_key="k", prompt=prompt, temperature=0, max_tokens=4)

    try:
        reply = await teacher.send(asking("Say yes."), 1, {})
        assert reply.usage is not None
        with pytest.raises(Refused, match=r"tokens, and a slot of the server holds 256"):
            await teacher.send(asking("word " * 400), 1, {})
    finally:
        await teacher.close()
        server.stop()
