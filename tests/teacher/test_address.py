"""The query of a `base_url` stays behind the path, in every request."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokd.config import Endpoint, Teachers
from evokd.teacher.address import beside, split, under
from evokd.teacher.pool import TeacherPool
from tests.servers.fake_chat import FakeChat
from tests.servers.rig import BRAIN, request, rigged


@pytest.mark.parametrize(
    ("base", "models", "tokenize"),
    [
        ("http://h:1/v1", "http://h:1/v1/models", "http://h:1/tokenize"),
        ("http://h:1/v1/", "http://h:1/v1/models", "http://h:1/tokenize"),
        ("http://h", "http://h/models", "http://h/tokenize"),
        ("http://h/a/v1?b=c&d=", "http://h/a/v1/models?b=c&d=", "http://h/a/tokenize?b=c&d="),
    ],
)
def test_addresses_of_a_server(base: str, models: str, tokenize: str) -> None:
    assert under(base, "models") == models
    assert beside(base, "tokenize") == tokenize


def test_address_and_query_apart() -> None:
    assert split("http://h/v1") == ("http://h/v1", {})
    assert split("http://h/v1?a=b%20c&d=") == ("http://h/v1", {"a": "b c", "d": ""})


@pytest.mark.parametrize("query", ["", "?api-version=2024-10-21", "?v=1&deployment=a%2Fb"])
async def test_the_query_goes_with_every_request(tmp_path: Path, query: str) -> None:
    with FakeChat(BRAIN) as server:
        url = f"{server.url}{query}"
        pool = TeacherPool(Teachers(default=(Endpoint(model="fake", base_url=url),)))
        await pool.check()
        await pool.close()
        async with rigged(tmp_path, server, base_url=url) as rig:
            await rig.ask(request(1))
            assert rig.statuses() == ["ok"]
        assert server.asked == [f"/v1/models{query}", f"/v1/chat/completions{query}"]
