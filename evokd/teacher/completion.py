"""What came of an attempt, read off the wire: a reply, a fault, or a reply that is no use.

Nothing but the wire is asked, so that the books hold what the server said, however the client
that sits on top of it took it. Messages name no header.
"""

from __future__ import annotations

import email.utils
import json
import math
import re
import time
from dataclasses import replace
from typing import Any

import httpx2

from evokd.ledger.call import Usage
from evokd.teacher.faults import Fault, Garbled, Lost, Refused, Unreached, Unusable
from evokd.teacher.reply import Reply, TokenLogprob, whole
from evokd.teacher.transport import ReplyTooLarge, Wire

BELIEVABLE = 10**9
"""Tokens; no request takes as many, so such a count is no count."""
TOO_LONG = "exceed_context_size_error"
"""What llama.cpp's server calls a prompt that does not fit a slot."""
_TOO_LONG = re.compile(
    r"context (?:length|window|limit)|(?:prompt|input)\b[^.]* (?:too long|longer than|exceeds)",
    re.IGNORECASE,
)
"""The same in the words of OpenAI, vLLM, SGLang, Anthropic, Mistral and Gemini."""


def outcome(wire: Wire, error: Exception | None) -> Reply | Fault | Unusable:
    """What came of an attempt; `error` is what the client raised, if anything."""
    if wire.answer is not None:
        return _answered(wire.answer)
    if not wire.left:
        reason = wire.failure or error
        return Unreached(f"no connection ({whole(str(reason)) or type(reason).__name__})")
    if isinstance(wire.failure, ReplyTooLarge):
        return Unusable(str(wire.failure))
    if isinstance(wire.failure, httpx2.TimeoutException):
        return Lost(str(wire.failure))
    return Lost(f"connection lost ({type(wire.failure).__name__})")


def _answered(answer: httpx2.Response) -> Reply | Fault:
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        body = None
    usage = read_usage(body)
    if not answer.is_success:
        return _refused(answer, body, usage)
    if not isinstance(body, dict):
        return Lost("the answer is no JSON object", usage)
    if body.get("error"):
        return _error_inside(body["error"], usage)
    if "choices" not in body:
        return Lost("the answer is no chat completion: it holds no choices", usage)
    try:
        first, *others = body["choices"]
        reply = _reply(first, usage)
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        return Garbled(f"the answer's choices can't be read ({type(error).__name__})", usage)
    return replace(reply, others=tuple(map(_other, others)))


def _reply(choice: Any, usage: Usage | None) -> Reply:
    message = choice["message"]
    text = message.get("content")
    logprobs = choice.get("logprobs")
    return Reply(
        # a list of parts, a number or nothing at all is for the parser to refuse, once booked
        text=text if isinstance(text, str) else "",
        finish_reason=str(choice.get("finish_reason") or "unknown"),
        usage=usage,
        logprobs=_logprobs(logprobs.get("content") if isinstance(logprobs, dict) else None),
        reasoning=_reasoning(message),
    )


def _other(choice: Any) -> Reply:
    """A further completion; one that can't be read is empty, and no use to its parser."""
    try:
        return _reply(choice, None)
    except (LookupError, TypeError, AttributeError):
        return Reply("", "unknown", None)


def read_usage(body: Any) -> Usage | None:
    """Usage in a chat completion's body; None when there is none, or none that counts."""
    try:
        usage = body["usage"]
        prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
    except (LookupError, TypeError):
        return None
    if not _count(prompt) or not _count(completion):
        return None
    return Usage(
        prompt,
        completion,
        cached=_detail(usage, "prompt_tokens_details", "cached_tokens"),
        reasoning=_detail(usage, "completion_tokens_details", "reasoning_tokens"),
    )


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < BELIEVABLE


def _detail(usage: dict[str, Any], group: str, name: str) -> int:
    details = usage.get(group)
    value = details.get(name) if isinstance(details, dict) else None
    return value if isinstance(value, int) and _count(value) else 0


def _reasoning(message: dict[str, Any]) -> str:
    """Reasoning that a server sends beside the text, by either name."""
    found = message.get("reasoning_content") or message.get("reasoning")
    return found if isinstance(found, str) else ""


def _logprobs(content: Any) -> tuple[TokenLogprob, ...]:
    """Log-probabilities, or none where the server's are not in the shape they should have."""
    try:
        return tuple(
            TokenLogprob(
                str(item["token"]),
                float(item["logprob"]),
                tuple((str(t["token"]), float(t["logprob"])) for t in item["top_logprobs"]),
                _octets(str(item["token"]), item.get("bytes")),
            )
            for item in content or ()
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return ()


def _octets(token: str, octets: Any) -> tuple[int, ...] | None:
    """A token's bytes where the server sent them and they are not its text's; raises ValueError."""
    if not isinstance(octets, list):
        return None
    data = bytes(octets)
    return None if data == token.encode("utf-8", "surrogatepass") else tuple(data)


def _error_inside(error: Any, usage: Usage | None) -> Refused:
    """An error where a completion should be, by the status it names where it names one."""
    named = error if isinstance(error, dict) else {"message": error}
    code = named.get("code")
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    message = whole(str(named.get("message") or "an error inside a 200"))
    return Refused(status, message[:300], None, usage)


def _refused(answer: httpx2.Response, body: Any, usage: Usage | None) -> Refused:
    """An error status, with what the server said where it said something."""
    error = body.get("error", body) if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    if isinstance(error, dict) and error.get("type") == TOO_LONG:
        message = (
            f"the prompt has {error.get('n_prompt_tokens')} tokens, and a slot of the server holds"
            f" {error.get('n_ctx')}; raise `server: {{context: …}}` of the embedded endpoint; of a"
            " server of your own raise `-c`, or say `context: …` in its endpoint, and texts are cut"
        )
    said = whole(str(message or answer.reason_phrase))[:300]
    if answer.status_code in (400, 413, 422) and _TOO_LONG.search(said):
        said += "; say `context: …` in the endpoint, and texts are cut in prompts to fit it"
    return Refused(answer.status_code, said, _retry_after(answer.headers), usage)


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds from `retry-after-ms` or `Retry-After` (seconds or a date)."""
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        raw = headers.get(name)
        seconds = None if raw is None else _seconds(raw, unit)
        if seconds is not None:
            return max(0.0, seconds)
    return None


def _seconds(raw: str, unit: float) -> float | None:
    """A header's wait; None for what is neither a number nor a date."""
    try:
        seconds = float(raw) * unit
        return seconds if math.isfinite(seconds) else None
    except ValueError:
        pass
    try:
        return email.utils.parsedate_to_datetime(raw).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
