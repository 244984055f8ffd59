"""A server's own words, in every form that errors come in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.teacher.error_body import Complaint, read_complaint
from evokd.teacher.faults import Unusable
from tests.servers.fake_chat import FakeChat, Reaction
from tests.servers.picky import BODIES
from tests.servers.rig import BRAIN, request, rigged

WORDS = "no such thing"


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": WORDS, "type": "x", "code": None}},
        {"error": WORDS},
        {"error": {"error": {"message": WORDS}}},
        [{"error": {"code": 400, "message": WORDS, "status": "INVALID_ARGUMENT"}}],
        {"detail": WORDS},
        {"detail": [{"msg": WORDS, "type": "x"}]},
        {"detail": {"error": WORDS}},
        {"message": WORDS},
        {"object": "error", "message": WORDS, "code": 40301},
        {"error": True, "message": WORDS},
        {"errors": [{"message": WORDS}]},
        {"error_message": WORDS},
        {"type": "error", "error": {"type": "x", "message": WORDS}},
        {"error": {"code": WORDS}},
        WORDS,
    ],
    ids=json.dumps,
)
async def test_the_words_are_in_the_books(body: Any, tmp_path: Path) -> None:
    def react(*_: Any) -> Reaction:
        return Reaction(400, body=json.dumps(body).encode())

    with FakeChat(BRAIN, lambda _: react) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(request(1))
            assert isinstance(outcome, Unusable)
            assert str(outcome) == f"HTTP 400: {WORDS}" == rig.rows()[0]["error"]
            rig.balances_with(server)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"<html><head><title>413</title></head><body>Too  big &lt;</body></html>",
            "413 Too big <",
        ),
        (b"upstream\nrefused", "upstream refused"),
        (b"", "Whatever"),  # the status line is all there is
        (b"{}", "Whatever"),
        (b'{"error": null}', "Whatever"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
async def test_pages_and_plain_text(content: bytes, said: str, tmp_path: Path) -> None:
    with FakeChat(BRAIN, lambda _: lambda *_: Reaction(400, body=content)) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(request(1))
            assert str(outcome) == f"HTTP 400: {said}"


@pytest.mark.parametrize("form", BODIES)
def test_what_is_refused_is_named(form: str) -> None:
    message, params = read_complaint(BODIES[form]("seed"))
    assert "seed" in message
    assert params == (("seed",) if form in ("openai", "mistral", "openrouter") else ())


def test_places_of_a_list_are_named() -> None:
    detail = [{"loc": ["body", "messages", 0, "role"], "msg": "a"}, {"loc": ["body"], "msg": "b"}]
    found = read_complaint({"detail": detail})
    assert found == Complaint("messages.0.role: a; : b", ("messages.0.role", ""))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "detail", "loc", "param", "metadata", "raw"]),
            inner,
        )
    ),
    max_leaves=10,
)


@given(JSON, st.binary(max_size=50))
def test_no_body_breaks_it(body: Any, content: bytes) -> None:
    found = read_complaint(body, content)
    assert all(isinstance(param, str) for param in found.params)


def test_depth_is_no_harm() -> None:
    body: Any = WORDS
    for _ in range(900):
        body = {"error": body}
    assert read_complaint(body).message == ""
