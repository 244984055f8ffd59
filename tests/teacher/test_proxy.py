"""A request through the environment's proxy is seen, capped and booked like any other."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx2
import pytest

from evokd.config import ConfigError, Endpoint, Teachers
from evokd.teacher import tokenizer
from evokd.teacher.embedded import EmbeddedServer
from evokd.teacher.pool import TeacherPool
from evokd.teacher.proxy import proxy_for
from evokd.teacher.tokenizer import ServerTokenizer
from tests.servers.fake_chat import FakeChat
from tests.servers.rig import BRAIN, request, rigged

PROXY = "http://127.0.0.1:3128"
NOBODY = "http://127.0.0.1:9"
AWAY = "http://llm.example.org/v1"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *map(str.upper, VARIABLES), "OPENAI_PROXY", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.openai.com/v1", PROXY),
        ("http://llm.example.org/v1", None),
        ("http://127.0.0.1:8000/v1", None),
        ("https://inside.example.org/v1", None),
    ],
)
def test_the_proxy_of_an_address(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: str | None
) -> None:
    monkeypatch.setenv("https_proxy", PROXY)
    monkeypatch.setenv("no_proxy", "127.0.0.1,inside.example.org")
    found = proxy_for(url)
    assert (found and found.url) == expected
    assert found is None or found.variable == "https_proxy"


LOOPBACK = (
    "http://127.0.0.1:8000/v1",
    "https://127.0.0.2/v1",
    "http://localhost:11434/v1",
    "http://LOCALHOST./v1",
    "http://llm.localhost/v1",
    "http://[::1]:8000/v1",
    "http://[::ffff:127.0.0.1]:8000/v1",
    "http://0.0.0.0:8000/v1",
)


@pytest.mark.parametrize("url", LOOPBACK)
@pytest.mark.parametrize("variable", ["http_proxy", "https_proxy", "ALL_PROXY", "OPENAI_PROXY"])
@pytest.mark.parametrize("proxy", [PROXY, "socks://127.0.0.1:1080", "socks5://h:1", "http://:x"])
def test_loopback_goes_through_no_proxy_not_even_a_bad_one(
    monkeypatch: pytest.MonkeyPatch, url: str, variable: str, proxy: str
) -> None:
    monkeypatch.setenv(variable, proxy)
    assert proxy_for(url) is None


@pytest.mark.parametrize(
    ("entry", "url", "straight"),
    [
        ("*", AWAY, True),
        ("example.org", AWAY, True),
        (".example.org", AWAY, True),
        ("*.example.org", AWAY, True),
        ("LLM.Example.ORG", AWAY, True),
        ("ample.org", AWAY, False),
        ("other.org, llm.example.org", AWAY, True),
        ("other.org llm.example.org", AWAY, True),
        ("http://llm.example.org", AWAY, True),
        ("llm.example.org:80", AWAY, True),
        ("llm.example.org:8000", AWAY, False),
        ("llm.example.org:8000", "http://llm.example.org:8000/v1", True),
        ("llm.example.org:443", "https://llm.example.org/v1", True),
        ("10.0.0.0/8", "http://10.1.2.3:8000/v1", True),
        ("10.1.2.3/8", "http://10.9.9.9:8000/v1", True),
        ("10.0.0.0/8", "http://11.1.2.3:8000/v1", False),
        ("10.1.2.3", "http://10.1.2.3:8000/v1", True),
        ("10.1.2.3:8000", "http://10.1.2.3:8000/v1", True),
        ("fd00::/8", "http://[fd00::1]:8000/v1", True),
        ("[fd00::1]:8000", "http://[fd00::1]:8000/v1", True),
        ("fd00::2", "http://[fd00::1]:8000/v1", False),
        ("10.0.0.0/99,,:", AWAY, False),
    ],
)
def test_who_needs_no_proxy(
    monkeypatch: pytest.MonkeyPatch, entry: str, url: str, straight: bool
) -> None:
    monkeypatch.setenv("all_proxy", PROXY)
    monkeypatch.setenv("NO_PROXY", entry)
    assert (proxy_for(url) is None) == straight


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("socks://10.0.0.1:1080", "found socks://"),
        ("socks4://10.0.0.1:1080", "found socks4://"),
        ("ftp://me:secret@10.0.0.1", "found ftp://"),
        ("http://", "names no host"),
        ("http://10.0.0.1:port", "it is no address"),
        ("me:secret@10.0.0.1:99999", "it is no address"),
    ],
)
@pytest.mark.parametrize("variable", ["http_proxy", "ALL_PROXY", "OPENAI_PROXY"])
def test_a_proxy_that_can_not_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str, said: str
) -> None:
    monkeypatch.setenv(variable, proxy)
    with pytest.raises(ConfigError) as caught:
        proxy_for(AWAY)
    assert f"{variable} names a proxy that can't be used: " in str(caught.value)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "put llm.example.org into no_proxy" in str(caught.value)


def test_socks_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("all_proxy", "socks5h://10.0.0.1:1080")
    with pytest.raises(ConfigError, match=r"all_proxy .*socks5h:// needs the package socksio"):
        proxy_for(AWAY)


def test_a_proxy_without_its_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "10.0.0.1:3128")
    found = proxy_for(AWAY)
    assert found is not None and found.url == "http://10.0.0.1:3128"


def test_openai_s_proxy_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", NOBODY)
    monkeypatch.setenv("OPENAI_PROXY", PROXY)
    found = proxy_for(AWAY)
    assert found is not None and (found.url, found.variable) == (PROXY, "OPENAI_PROXY")
    monkeypatch.setenv("no_proxy", "example.org")
    assert proxy_for(AWAY) is None


BROKEN = ("http://127.0.0.1:9", "socks://127.0.0.1:1080", "socks5://127.0.0.1:1080", "http://:x")


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy", "OPENAI_PROXY"])
@pytest.mark.parametrize("proxy", BROKEN)
async def test_a_server_on_loopback_is_reached_whatever_proxy_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str
) -> None:
    monkeypatch.setenv(variable, proxy)
    with FakeChat(BRAIN) as server:
        pool = TeacherPool(teachers(server.url))
        await pool.check()
        await pool.close()
        async with rigged(tmp_path, server) as rig:
            await rig.ask(request(1))
            assert rig.statuses() == ["ok"]
            rig.balances_with(server)


@pytest.mark.parametrize("variable", ["http_proxy", "OPENAI_PROXY"])
async def test_the_check_and_the_requests_go_through_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with FakeChat(BRAIN) as proxy:
        monkeypatch.setenv(variable, proxy.url.removesuffix("/v1"))
        pool = TeacherPool(teachers(AWAY))
        await pool.check()
        await pool.close()
        async with rigged(tmp_path, proxy, base_url=AWAY) as rig:
            await rig.ask(request(1))
            assert rig.statuses() == ["ok"]
            rig.balances_with(proxy)


async def test_a_dead_proxy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", NOBODY)
    pool = TeacherPool(teachers(AWAY))
    with pytest.raises(ConfigError, match="through the proxy that http_proxy names"):
        await pool.check()
    await pool.close()


async def test_a_proxy_that_wants_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeChat(BRAIN, models_status=407) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        pool = TeacherPool(teachers(AWAY))
        with pytest.raises(ConfigError, match=r"http_proxy names wants to know who asks \(HTTP 40"):
            await pool.check()
        await pool.close()


@pytest.mark.parametrize("proxy", BROKEN)
def test_the_embedded_server_s_tokenizer(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("all_proxy", proxy)
    with FakeChat(BRAIN, tokenizes=True) as server:
        embedded = EmbeddedServer("none")
        embedded.__dict__["base_url"] = server.url  # as if it were up
        counter: tokenizer.Tokenizer = ServerTokenizer(embedded)
        assert counter.text("three words long") == 3


def teachers(url: str) -> Teachers:
    return Teachers(default=(Endpoint(model="fake", base_url=url),))


def test_no_client_is_made_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """LangChain would make a second one, unseen by the transport."""
    from evokd.teacher.chat import ChatTeacher

    monkeypatch.setenv("all_proxy", "socks://10.0.0.1:1")
    teacher = ChatTeacher(Endpoint(model="m", base_url="http://127.0.0.1:1/v1"))
    sync = getattr(teacher._model, "http_client", None)
    assert isinstance(sync, httpx2.Client)
    with pytest.raises(NotImplementedError):
        sync.get("http://127.0.0.1:1/v1")
