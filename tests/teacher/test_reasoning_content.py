"""Reasoning that a server sends beside the text: read by either name, kept in the journal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evokd.teacher.reply import Reply
from evokd.teacher.request import Message, Prompt, Request
from tests.servers.fake_chat import FakeChat, Reaction, Served, good
from tests.servers.rig import BRAIN, Rig, rigged

ASKED = Request("labeler", "q-s0", Prompt((Message("user", "Why?"),), "t", "sha"), 0.3, 50)


def thinking(**fields: Any) -> Any:
    """A reply whose message has further fields."""

    def react(payload: Any, answer: dict[str, Any], served: Served) -> Reaction:
        message = answer["choices"][0]["message"]
        message |= {"content": "The answer is A.", **fields}
        return good(answer)

    return react


async def reply_of(rig: Rig) -> Reply:
    return (await rig.client.ask(ASKED, lambda reply: reply)).value


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
async def test_it_is_read_by_either_name_and_replayed(name: str, tmp_path: Path) -> None:
    with FakeChat(BRAIN, lambda _: thinking(**{name: "So it is."})) as server:
        async with rigged(tmp_path, server) as rig:
            first, again = await reply_of(rig), await reply_of(rig)
            assert (first.text, first.reasoning) == ("The answer is A.", "So it is.")
            assert again == first
            assert server.bill.requests == 1


@pytest.mark.parametrize("value", [None, "", 7, ["So"], {"text": "So"}])
async def test_what_is_no_text_is_none(value: Any, tmp_path: Path) -> None:
    with FakeChat(BRAIN, lambda _: thinking(reasoning_content=value)) as server:
        async with rigged(tmp_path, server) as rig:
            assert (await reply_of(rig)).reasoning == ""


async def test_a_server_that_echoes_the_key_there_does_not_get_it_into_the_books(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVOKD_FAKE_KEY", "sk-fake-0123456789abcdef")
    with FakeChat(BRAIN, lambda _: thinking(reasoning="sk-fake-0123456789abcdef")) as server:
        async with rigged(tmp_path, server, api_key_env="EVOKD_FAKE_KEY") as rig:
            assert (await reply_of(rig)).reasoning == "[key]"
            assert not any("sk-fake" in json.dumps(dict(row), default=str) for row in rig.rows())


def test_replies_without_reasoning_take_no_more_room_in_the_journal() -> None:
    assert "reasoning" not in Reply("a", "stop", None).to_json()
    thought = Reply("a", "stop", None, (), "b")
    assert Reply.from_json(thought.to_json()) == thought
