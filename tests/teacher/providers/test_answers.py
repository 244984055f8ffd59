"""What comes back from each provider, in its own words: text, thinking, usage, or why nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from langchain_core.outputs import LLMResult

from evokd.store.events import Event, Retried
from evokd.teacher.client import Answer
from evokd.teacher.faults import TeacherDown, Unusable
from evokd.teacher.reply import Reply
from tests.servers.fake_chat import Plan
from tests.servers.listening import listening
from tests.servers.rig import Outcome, request
from tests.teacher.providers.providing import answered, provided

YES = '{"1": "yes"}'
CLAUDE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-fake",
    "content": [
        {"type": "thinking", "thinking": "A lid.", "signature": "x"},
        {"type": "text", "text": YES},
    ],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 100,
        "cache_read_input_tokens": 800,
        "cache_creation_input_tokens": 20,
        "output_tokens": 50,
        "output_tokens_details": {"thinking_tokens": 30},
    },
}
GEMINI: dict[str, Any] = {
    "candidates": [
        {
            "content": {
                "role": "model",
                "parts": [{"text": "A lid.", "thought": True}, {"text": YES}],
            },
            "finishReason": "STOP",
        }
    ],
    "usageMetadata": {
        "promptTokenCount": 920,
        "cachedContentTokenCount": 800,
        "candidatesTokenCount": 20,
        "thoughtsTokenCount": 30,
        "totalTokenCount": 970,
    },
    "modelVersion": "gemini-fake",
}
OPENAI: dict[str, Any] = {
    "id": "1",
    "object": "chat.completion",
    "created": 0,
    "model": "fake",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": YES},
        }
    ],
    "usage": {
        "prompt_tokens": 920,
        "completion_tokens": 50,
        "total_tokens": 970,
        "prompt_tokens_details": {"cached_tokens": 800},
    },
}
THINKS = OPENAI["usage"] | {"completion_tokens_details": {"reasoning_tokens": 30}}
MISTRAL: dict[str, Any] = {
    **OPENAI,
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "A lid."}]},
                    {"type": "text", "text": YES},
                ],
            },
        }
    ],
}
OLLAMA: dict[str, Any] = {
    "model": "fake:7b",
    "created_at": "2026-11-27T00:00:00Z",
    "message": {"role": "assistant", "content": YES, "thinking": "A lid."},
    "done": True,
    "done_reason": "stop",
    "prompt_eval_count": 920,
    "eval_count": 50,
}
BODIES: Mapping[str, Any] = {
    "anthropic": CLAUDE,
    "google_genai": GEMINI,
    "mistralai": MISTRAL,
    "ollama": OLLAMA,
    "azure": OPENAI | {"usage": THINKS},
}
CACHED = {"anthropic": 800, "google_genai": 800, "mistralai": 800, "ollama": 0, "azure": 800}
THOUGHT = {"anthropic": 30, "google_genai": 30, "mistralai": 0, "ollama": 0, "azure": 30}
PRICE = {"prompt": 3.0, "completion": 15.0, "cached_prompt": 0.3}


class Came(NamedTuple):
    """What became of one call."""

    outcome: Outcome
    rows: list[dict[str, Any]]
    events: list[Event]


async def one(name: str, folder: Path, plan: Plan) -> Came:
    async with provided(name, folder, plan) as (server, rig):
        (outcome,) = await rig.ask(request(1))
        rig.balances_with(server)
        return Came(outcome, [dict(row) for row in rig.rows()], rig.events)


@pytest.mark.parametrize("name", BODIES)
async def test_tokens_are_booked_as_the_message_has_them(name: str, tmp_path: Path) -> None:
    """The books, the bill, and what LangChain's callbacks are told: one and the same."""
    plan = answered(BODIES[name], (920, 50))
    with listening() as heard:
        async with provided(name, tmp_path, plan, price=PRICE) as (server, rig):
            (outcome,) = await rig.ask(request(1))
            assert isinstance(outcome, Answer), outcome
            (row,) = rig.rows()
            rig.balances_with(server)
    assert (row["prompt_tokens"], row["completion_tokens"]) == (920, 50)
    assert (row["cached_tokens"], row["reasoning_tokens"]) == (CACHED[name], THOUGHT[name])
    fresh = 920 - CACHED[name]
    assert row["usd"] == pytest.approx((fresh * 3 + CACHED[name] * 0.3 + 50 * 15) / 1e6)
    (told,) = [item for item in heard.all if isinstance(item, LLMResult)]
    usage = told.generations[0][0].message.usage_metadata  # type: ignore[union-attr]
    assert (usage["input_tokens"], usage["output_tokens"]) == (920, 50)
    if name != "mistralai":  # whose class leaves out what was cached
        assert usage.get("input_token_details", {}).get("cache_read") or CACHED[name] == 0


@pytest.mark.parametrize("name", ["anthropic", "google_genai", "mistralai", "ollama"])
async def test_thinking_is_kept_beside_the_answer(name: str, tmp_path: Path) -> None:
    outcome = await _replied(name, tmp_path, answered(BODIES[name], (920, 50)))
    assert (outcome.text, outcome.reasoning, outcome.finish_reason) == (YES, "A lid.", "stop")


async def _replied(name: str, folder: Path, plan: Plan) -> Reply:
    async with provided(name, folder, plan) as (_, rig):
        return await rig.teacher.send(request(1), 7, {})


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (
            "anthropic",
            {"content": [], "stop_reason": "refusal", "stop_details": {"explanation": "No."}},
            "the model refused: No.",
        ),
        (
            "anthropic",
            {"content": CLAUDE["content"][:1], "stop_reason": "max_tokens"},
            "thinking took the whole limit of tokens: raise `max_tokens`",
        ),
        (
            "anthropic",
            {"content": [{"type": "tool_use", "id": "1", "name": "f", "input": {}}]}
            | {"stop_reason": "tool_use"},
            "a tool was called instead",
        ),
        (
            "google_genai",
            {"candidates": [{"finishReason": "SAFETY"}]},
            "a content filter held it back; finish_reason: safety",
        ),
        (
            "google_genai",
            {"candidates": [{"finishReason": "SPII"}]},
            "a content filter held it back",
        ),
        (
            "google_genai",
            {"candidates": None, "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}},
            "a content filter held it back; finish_reason: prohibited_content",
        ),
        (
            "google_genai",
            {"candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}]},
            "thinking took the whole limit of tokens: raise `max_tokens`",
        ),
        (
            "ollama",
            {"message": {"role": "assistant", "content": ""}, "done_reason": "length"},
            "the limit was reached before a word",
        ),
    ],
)
async def test_an_empty_reply_tells_why(name: str, change: Any, said: str, tmp_path: Path) -> None:
    body = {key: value for key, value in (BODIES[name] | change).items() if value is not None}
    outcome, rows, events = await one(name, tmp_path, answered(body, (920, 50)))
    assert isinstance(outcome, Unusable)
    assert said in str(outcome)
    assert {row["status"] for row in rows} == {"rejected"} and events


@pytest.mark.parametrize(
    ("name", "code", "body"),
    [
        (
            "azure",
            400,
            {
                "error": {
                    "code": "content_filter",
                    "message": "The response was filtered by the content management policy.",
                }
            },
        ),
        ("ollama", 400, {"error": "the input length exceeds the context length"}),
        (
            "google_genai",
            400,
            {"error": {"message": "The input token count (9) exceeds the limit"}},
        ),
        ("mistralai", 422, {"detail": [{"loc": ["body", "messages"], "msg": "Too many"}]}),
        (
            "anthropic",
            413,
            {"type": "error", "error": {"type": "request_too_large", "message": "too large"}},
        ),
    ],
)
async def test_a_refusal_of_one_request_costs_one_row(
    name: str, code: int, body: Any, tmp_path: Path
) -> None:
    outcome, rows, events = await one(name, tmp_path, answered(body, code=code))
    assert isinstance(outcome, Unusable)
    assert len(rows) == len(events) == 1
    (row,) = rows
    assert (row["status"], row["prompt_tokens"]) == ("error", 0)


INVALID = {
    "error": {
        "code": 400,
        "message": "API key not valid. Please pass a valid API key.",
        "status": "INVALID_ARGUMENT",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
            }
        ],
    }
}


async def test_gemini_says_that_a_key_is_wrong_with_a_400(tmp_path: Path) -> None:
    outcome, rows, events = await one("google_genai", tmp_path, answered(INVALID, code=400))
    assert isinstance(outcome, TeacherDown)
    assert "HTTP 401: API key not valid" in str(outcome)
    assert [row["status"] for row in rows] == ["error"] and len(events) == 1


async def test_gemini_says_in_the_body_how_long_to_wait(tmp_path: Path) -> None:
    """A 429 with `RetryInfo` and no header holds the whole endpoint back for that long."""
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.3s"}
    body = {"error": {"code": 429, "message": "Quota exceeded", "details": [retry]}}
    refused = answered(body, code=429)
    plan: Plan = lambda served: refused(served) if served.number == 1 else None  # noqa: E731
    outcome, rows, events = await one("google_genai", tmp_path, plan)
    assert isinstance(outcome, Answer) and len(rows) == 2
    (told,) = [event for event in events if isinstance(event, Retried)]
    assert told.wait_s == 0.3


async def test_gemini_s_log_probabilities(tmp_path: Path) -> None:
    chosen = [{"token": "yes", "tokenId": 7, "logProbability": -0.1}]
    rivals = [{"token": "yes", "logProbability": -0.1}, {"token": "no", "logProbability": -2.5}]
    candidate = GEMINI["candidates"][0] | {
        "logprobsResult": {"chosenCandidates": chosen, "topCandidates": [{"candidates": rivals}]}
    }
    plan = answered({**GEMINI, "candidates": [candidate]}, (920, 50))
    reply = await _replied("google_genai", tmp_path, plan)
    assert [(one.token, one.logprob, one.top) for one in reply.logprobs] == [
        ("yes", -0.1, (("yes", -0.1), ("no", -2.5)))
    ]


async def test_ollama_s_log_probabilities(tmp_path: Path) -> None:
    token = {"token": "yes", "logprob": -0.1, "bytes": [121, 101, 115]}
    top = [{"token": "yes", "logprob": -0.1}, {"token": "no", "logprob": -2.5}]
    plan = answered({**OLLAMA, "logprobs": [{**token, "top_logprobs": top}]}, (920, 50))
    reply = await _replied("ollama", tmp_path, plan)
    assert [(one.token, one.logprob, one.top) for one in reply.logprobs] == [
        ("yes", -0.1, (("yes", -0.1), ("no", -2.5)))
    ]


async def test_ollama_that_counts_no_prompt_is_estimated(tmp_path: Path) -> None:
    body = {key: value for key, value in OLLAMA.items() if key != "prompt_eval_count"}
    outcome, rows, events = await one("ollama", tmp_path, answered(body))
    assert isinstance(outcome, Answer)
    (row,) = rows
    assert len(events) == 1 and row["estimated_prompt_tokens"] == row["prompt_tokens"] > 0
