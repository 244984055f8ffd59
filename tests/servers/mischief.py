"""Ways to misbehave by name, and plans of when to."""

from __future__ import annotations

import copy
import email.utils
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.servers.brain import Payload
from tests.servers.fake_chat import Cut, Mischief, Plan, Reaction, Served, good

HUGE = 300_000
"""Characters of the huge reply; tests lower the cap below it."""


def status(code: int, message: str = "no", **headers: str) -> Mischief:
    """An error status with OpenAI's error body; `_` in a header's name stands for a dash."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"error": {"message": message, "type": "fake", "code": None}}).encode()

    def react(payload: Payload, answer: dict[str, Any], served: Served) -> Reaction:
        return Reaction(code, named, body)

    return react


def retry_at(seconds: float) -> Mischief:
    """A 429 whose Retry-After is a date."""

    def react(payload: Payload, answer: dict[str, Any], served: Served) -> Reaction:
        date = email.utils.formatdate(time.time() + seconds, usegmt=True)
        return Reaction(429, {"Retry-After": date}, b"{}")

    return react


def cut(where: Cut) -> Mischief:
    """The connection ends early, or nothing ever comes."""

    def react(payload: Payload, answer: dict[str, Any], served: Served) -> Reaction:
        return Reaction(body=json.dumps(answer).encode(), cut=where)

    return react


def slow(seconds: float) -> Mischief:
    """A good answer, late."""

    def react(payload: Payload, answer: dict[str, Any], served: Served) -> Reaction:
        return good(answer, seconds)

    return react


def echo_key(code: int) -> Mischief:
    """The error message repeats the Authorization header."""

    def react(payload: Payload, answer: dict[str, Any], served: Served) -> Reaction:
        return status(code, f"bad key: {served.authorization}")(payload, answer, served)

    return react


def echo_key_in_reply(payload: Payload, answer: dict[str, Any], served: Served) -> Reaction:
    """A debugging server: the header comes back as the model's text."""
    answer["choices"][0]["message"]["content"] = f"headers: {served.authorization}"
    return good(answer)


def raw(body: bytes) -> Mischief:
    """A 200 around these bytes, without usage."""

    def react(payload: Payload, answer: dict[str, Any], served: Served) -> Reaction:
        return Reaction(body=body)

    return react


def changed(change: Callable[[dict[str, Any]], None]) -> Mischief:
    """A good answer after `change`; usage counts where it is still believable."""

    def react(payload: Payload, answer: dict[str, Any], served: Served) -> Reaction:
        before = copy.deepcopy(answer.get("usage"))
        change(answer)
        return good(answer) if answer.get("usage") == before else Reaction(body=_body(answer))

    return react


def said(content: Any) -> Mischief:
    """The message holds this instead of the text."""
    return changed(lambda answer: answer["choices"][0]["message"].update(content=content))


def usage(value: Any) -> Mischief:
    """The usage is this, and nothing that a bill could hold."""
    return changed(lambda answer: answer.update(usage=value))


def _body(answer: Any) -> bytes:
    return json.dumps(answer).encode()


def _tool_call(answer: dict[str, Any]) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{"}}
    answer["choices"][0]["message"] |= {"content": None, "tool_calls": [call]}
    answer["choices"][0]["finish_reason"] = "tool_calls"


def _refuse(answer: dict[str, Any]) -> None:
    answer["choices"][0]["message"] |= {"content": None, "refusal": "I would rather not."}


def _truncate(answer: dict[str, Any]) -> None:
    message = answer["choices"][0]["message"]
    message["content"] = message["content"][: len(message["content"]) // 2]
    answer["choices"][0]["finish_reason"] = "length"


def _error_with_usage(answer: dict[str, Any]) -> None:
    answer["error"] = {"message": "engine fell over", "code": 500}
    del answer["choices"]


def _unknown_label(answer: dict[str, Any]) -> None:
    message = answer["choices"][0]["message"]
    for label in ("negative", "positive"):
        message["content"] = message["content"].replace(f'"{label}"', '"ecstatic"')


def _huge(answer: dict[str, Any]) -> None:
    answer["choices"][0]["message"]["content"] = "x" * HUGE
    answer["usage"] = None  # behind the cap it would never be read


def _odd_logprobs(value: Any) -> Mischief:
    return changed(lambda answer: answer["choices"][0].update(logprobs=value))


RETRIED: Mapping[str, Mischief] = {
    "429": status(429),
    "429 seconds": status(429, Retry_After="0.05"),
    "429 milliseconds": status(429, retry_after_ms="30"),
    "429 date": retry_at(0.0),
    "429 nonsense": status(429, Retry_After="soon"),
    "500": status(500),
    "502": status(502),
    "503": status(503, Retry_After="0.02"),
    "504": status(504),
    "timeout": cut("never answer"),
    "reset before headers": cut("before headers"),
    "reset after headers": cut("after headers"),
    "reset mid-body": cut("mid-body"),
    "error in a 200": raw(b'{"error": {"message": "overloaded", "code": 529}}'),
    "error as text in a 200": raw(b'{"error": "overloaded"}'),
    "error in a 200 with usage": changed(_error_with_usage),
    "null choices": changed(lambda answer: answer.update(choices=None)),
    "no choices": changed(lambda answer: answer.update(choices=[])),
    "odd choices": changed(lambda answer: answer.update(choices="none today")),
    "null message": changed(lambda answer: answer["choices"][0].update(message=None)),
    "not JSON": raw(b"<html>gateway</html>"),
    "empty body": raw(b""),
    "a JSON list": raw(b"[1, 2]"),
    "deep JSON": raw(b"[" * 100_000),
}
"""Faults after which the same request is sent again."""

REPLIES: Mapping[str, Mischief] = {
    "empty content": said(""),
    "null content": said(None),
    "list content": said([{"type": "text", "text": '{"summary": "x"}'}]),
    "number content": said(12),
    "tool calls": changed(_tool_call),
    "refusal": changed(_refuse),
    "truncated": changed(_truncate),
    "prose": said("I would rather not."),
    "JSON list": said("[1, 2, 3]"),
    "deep content": said('{"1":' * 15_000),
    "huge number": said('{"1": ' + "9" * 5000 + "}"),
    "unknown label": changed(_unknown_label),
    "lone surrogate": said('{"summary": "half \ud83d a character \x00", "texts": ["\ud83d"]}'),
    "huge": changed(_huge),
    "400": status(400, "context length exceeded"),
    "413": status(413),
    "no usage": usage(None),
    "empty usage": usage({}),
    "negative usage": usage({"prompt_tokens": -5, "completion_tokens": 3, "total_tokens": -2}),
    "absurd usage": usage({"prompt_tokens": 2**70, "completion_tokens": 1, "total_tokens": 1}),
    "usage as text": usage({"prompt_tokens": "12", "completion_tokens": 1.5, "total_tokens": "x"}),
    "usage as list": usage([1, 2]),
    "null log-probabilities": _odd_logprobs(None),
    "log-probabilities of no shape": _odd_logprobs({"content": [{"token": "a"}]}),
    "log-probabilities as text": _odd_logprobs("none"),
    "empty log-probabilities": _odd_logprobs(
        {"content": [{"token": "x", "logprob": -1.0, "top_logprobs": []}]}
    ),
}
"""Replies that cost a row, a repair turn or nothing at all, never the run."""

FAULTS: Mapping[str, Mischief] = {**RETRIED, **REPLIES}


def at(faults: Mapping[int, Mischief]) -> Plan:
    """By the number of the request."""
    return lambda served: faults.get(served.number)


def every(n: int, fault: Mischief, role: str | None = None) -> Plan:
    """Each n-th request, from the first; of one role, where given (then numbers are its own)."""
    count = 0

    def plan(served: Served) -> Mischief | None:
        nonlocal count
        if role is not None and served.role != role:
            return None
        count += 1
        return fault if count % n == 1 % n else None

    return plan


def sometimes(probability: float, seed: int, faults: Sequence[Mischief]) -> Plan:
    """By chance; request number and seed decide, so that a run can be repeated."""

    def plan(served: Served) -> Mischief | None:
        rng = random.Random(f"{seed}/{served.number}")
        return rng.choice(faults) if rng.random() < probability else None

    return plan
