"""Keys: to whom they go, and that a server which repeats one puts it nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evokd.config import ConfigError, Endpoint
from evokd.teacher.keys import find_key
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import echo_key, echo_key_in_reply, every, raw, said
from tests.servers.rig import BRAIN, request, rigged

KEY = "sk-fake-0123456789abcdef"


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that a traceback would print with it."""
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None:
            yield one
            waiting += [one.__cause__, one.__context__]


@pytest.mark.parametrize("code", [400, 401, 429, 500])
async def test_an_echoed_key_is_hidden(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_KEY", KEY)
    with FakeChat(BRAIN, every(1, echo_key(code))) as server:
        async with rigged(tmp_path, server, api_key_env="FAKE_KEY") as rig:
            (outcome,) = await rig.ask(request(1))
            assert server.bill.served[0].authorization == f"Bearer {KEY}"
            assert isinstance(outcome, BaseException)
            for error in chain(outcome):
                assert KEY not in f"{error} {error!r} {error.args} {vars(error)}"
            assert "[key]" in str(outcome)
            assert not any(KEY in event.model_dump_json() for event in rig.events)
            assert not any(KEY in str(tuple(row)) for row in rig.rows())
    for file in tmp_path.iterdir():
        assert KEY.encode() not in file.read_bytes()


async def test_a_key_echoed_as_the_reply_is_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_KEY", KEY)
    with FakeChat(BRAIN, every(1, echo_key_in_reply)) as server:
        async with rigged(tmp_path, server, api_key_env="FAKE_KEY") as rig:
            await rig.ask(request(1))
            rig.balances_with(server)
            # neither in the books nor in the repair turn that quotes the reply
            assert not any(KEY in one.key for one in server.bill.served)
    for file in tmp_path.iterdir():
        assert KEY.encode() not in file.read_bytes()


async def test_a_key_is_hidden_however_the_server_spells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_KEY", KEY.replace("-", "/"))
    spelt = KEY.replace("-", "\\/").encode()
    with FakeChat(BRAIN, every(1, raw(b'{"error": "whose is ' + spelt + b'?"}'))) as server:
        async with rigged(tmp_path, server, api_key_env="FAKE_KEY") as rig:
            (outcome,) = await rig.ask(request(1))
            assert "whose is [key]?" in str(outcome)


LOCAL = ["e", "x", "no", "yes", "test", "local", "ollama", "EMPTY", "lm-studio", "sk-no-key"]


@pytest.mark.parametrize("key", LOCAL)
async def test_what_is_too_short_for_a_secret_hides_nothing(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_KEY", key)
    text = f'{{"1": "yes", "texts": ["{key} is a word"]}}'
    with FakeChat(BRAIN, every(1, said(text))) as server:
        async with rigged(tmp_path, server, api_key_env="FAKE_KEY") as rig:
            await rig.ask(request(1))
            assert rig.statuses() == ["ok"]
            assert rig.rows()[0]["text"] == text
            rig.balances_with(server)


async def test_a_key_of_twelve_characters_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_KEY", "abcdefghijkl")
    with FakeChat(BRAIN, every(1, echo_key_in_reply)) as server:
        async with rigged(tmp_path, server, api_key_env="FAKE_KEY") as rig:
            await rig.ask(request(1))
            assert rig.rows()[0]["text"] == "headers: Bearer [key]"


@pytest.mark.parametrize("key", ["sk-line\nbreak", "sk-naïve", "two words", "bell\x07"])
def test_a_key_that_no_header_can_hold(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_KEY", key)
    with pytest.raises(ConfigError, match="FAKE_KEY") as caught:
        find_key(Endpoint(model="m", base_url="http://x/v1", api_key_env="FAKE_KEY"))
    assert key not in str(caught.value)
