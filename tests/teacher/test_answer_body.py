"""Answers wrapped in what nobody asked for: comments, streams, pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.teacher.answer_body import read_body
from evokd.teacher.client import Answer
from evokd.teacher.faults import TeacherDown
from tests.servers.fake_chat import FakeChat, Reaction, Served
from tests.servers.mischief import raw
from tests.servers.rig import BRAIN, request, rigged

COMMENTS = b": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\r\n\r\n\n   "


def commented(answer: dict[str, Any]) -> bytes:
    return COMMENTS + json.dumps(answer, indent=1).encode()


def chunks(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The pieces in which a server would stream an answer: a role, a character each, usage."""
    head = {"id": answer["id"], "object": "chat.completion.chunk", "usage": None}
    (choice,) = answer["choices"]
    text = choice["message"]["content"]
    deltas = [{"role": "assistant", "content": ""}, *({"content": letter} for letter in text), {}]
    found = [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        for delta in deltas
    ]
    found[-1]["choices"][0]["finish_reason"] = choice["finish_reason"]
    return [*found, {**head, "choices": [], "usage": answer["usage"]}]


def events(pieces: list[dict[str, Any]]) -> bytes:
    lines = "".join(f"event: x\ndata: {json.dumps(piece)}\n\n" for piece in pieces)
    return f": keep-alive\n\n{lines}data: [DONE]\n\n".encode()


def streamed(answer: dict[str, Any]) -> bytes:
    return events(chunks(answer))


def whole_event(answer: dict[str, Any]) -> bytes:
    return events([answer])


@pytest.mark.parametrize("wrap", [commented, streamed, whole_event])
@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
async def test_what_was_wrapped_is_read_and_booked(wrap: Any, kind: str, tmp_path: Path) -> None:
    def react(payload: Any, answer: dict[str, Any], served: Served) -> Reaction:
        usage = answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"]
        return Reaction(headers={"Content-Type": kind}, body=wrap(answer), usage=usage)

    with FakeChat(BRAIN, lambda _: react) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(request(1))
            assert isinstance(outcome, Answer), outcome
            assert rig.statuses() == ["ok"]
            rig.balances_with(server)


def piece(index: int = 0, ended: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": delta, "finish_reason": ended}]}


def test_choices_and_thinking_are_put_together_each_by_itself() -> None:
    found = read_body(
        events(
            [
                piece(1, content="c"),
                piece(0, reasoning_content="h"),
                piece(0, reasoning_content="m"),
                piece(0, content="a"),
                piece(0, content=[{"type": "text", "text": "b"}]),
                piece(1, "stop", content="d"),
                piece(0, "stop"),
            ]
        )
    )
    first, second = found["choices"]
    assert first["message"]["reasoning_content"] == "hm"
    assert first["message"]["content"] == ["a", {"type": "text", "text": "b"}]
    assert second == {"finish_reason": "stop", "message": {"content": ["c", "d"]}}


def test_a_stream_that_ended_before_its_end_is_cut_off() -> None:
    (choice,) = read_body(events([piece(content="half a te")]))["choices"]
    assert choice["finish_reason"] == "length"


async def test_an_error_in_a_stream_is_one(tmp_path: Path) -> None:
    error = {"error": {"message": "engine fell over", "code": 502}}
    with FakeChat(BRAIN, lambda _: raw(events([piece(content="a"), error]))) as server:
        async with rigged(tmp_path, server, retries=1) as rig:
            (outcome,) = await rig.ask(request(1))
            assert isinstance(outcome, TeacherDown) and "engine fell over" in str(outcome)
            assert rig.statuses() == ["error"] * 2


async def test_a_page_is_named_by_what_it_says(tmp_path: Path) -> None:
    page = b"<html><style>b {}</style><title>Sign in</title><p>Please &amp; thanks</html>"
    with FakeChat(BRAIN, lambda _: raw(page)) as server:
        async with rigged(tmp_path, server, retries=0) as rig:
            (outcome,) = await rig.ask(request(1))
            assert "the answer is no JSON object: Sign in Please & thanks" in str(outcome)


@given(st.lists(st.sampled_from([b"data:", b": x", b"\n", b"{", b"}", b'"choices"', b"[1]", b"0"])))
def test_no_body_breaks_it(parts: list[bytes]) -> None:
    read_body(b"".join(parts))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["choices", "delta", "index", "content", "logprobs", "error"]), inner
        )
    ),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=3))
def test_no_stream_breaks_it(values: list[Any]) -> None:
    read_body("".join(f"data: {json.dumps(value)}\n\n" for value in values).encode())
