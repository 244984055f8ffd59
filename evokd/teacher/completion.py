"""What came of an attempt, read off the wire: a reply, a fault, or a reply that is no use.

Nothing but the wire is asked, so that the books hold what the server said, however the client
that sits on top of it took it. Messages name no header.
"""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2

from evokd.ledger.call import Usage
from evokd.teacher.answer_body import read_body
from evokd.teacher.error_body import read_complaint, visible
from evokd.teacher.faults import SHOWN, Fault, Garbled, Lost, Refused, Unreached, Unusable
from evokd.teacher.message import read_message
from evokd.teacher.reply import Reply, TokenLogprob, whole
from evokd.teacher.transport import ReplyTooLarge, Wire
from evokd.teacher.usage import read_usage

TOO_LONG = "exceed_context_size_error"
"""What llama.cpp's server calls a prompt that does not fit a slot."""
CUT_OFF = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})
"""What servers call the end of a reply that reached its limit."""
_TOO_LONG = re.compile(
    r"context (?:length|window|limit)|(?:prompt|input)\b[^.]* (?:too long|longer than|exceeds)",
    re.IGNORECASE,
)
"""The same in the words of OpenAI, vLLM, SGLang, Anthropic, Mistral and Gemini."""
_CONTEXT = "; say `context: …` in the endpoint, and texts are cut in prompts to fit it"
_STATUS = re.compile("[45][0-9][0-9]")
Came = Reply | Fault | Unusable


def outcome(
    wire: Wire,
    error: Exception | None,
    *,
    whole_text: bool = False,
    read: Callable[[bytes], Any] = read_body,
) -> Came:
    """What came of an attempt.

    Args:
        wire: What was seen of it.
        error: What the client raised, if anything.
        whole_text: Thinking in the text stays there.
        read: Gives the JSON of an answer's body, as OpenAI would have written it.
    """
    if wire.answer is not None:
        return _answered(wire.answer, whole_text, read)
    if not wire.left:
        reason = wire.failure or error
        return Unreached(f"no connection ({whole(str(reason)) or type(reason).__name__})")
    if isinstance(wire.failure, ReplyTooLarge):
        return Unusable(str(wire.failure))
    if isinstance(wire.failure, httpx2.TimeoutException):
        return Lost(str(wire.failure))
    return Lost(f"connection lost ({type(wire.failure).__name__})")


def _answered(
    answer: httpx2.Response, whole_text: bool, read: Callable[[bytes], Any]
) -> Reply | Fault:
    body = read(answer.content)
    usage = read_usage(body)
    if not answer.is_success:
        return _refused(answer, body, usage)
    if isinstance(body, list) and body and isinstance(body[0], dict) and body[0].get("error"):
        body = body[0]
    if not isinstance(body, dict):
        said = whole(visible(answer.content))[:SHOWN] or "nothing"
        return Lost(f"the answer is no JSON object: {said}", usage)
    if body.get("error"):
        return _error_inside(body["error"], usage)
    if "choices" not in body:
        return Lost("the answer is no chat completion: it holds no choices", usage)
    try:
        choices = list(body["choices"])
        failed = [one["error"] for one in choices if one and one.get("error")]
        if choices and len(failed) == len(choices):
            return Garbled(f"an error instead of a reply: {_words(failed[0])}", usage)
        if choices and all(one and one.get("finish_reason") == "error" for one in choices):
            return Garbled("an error instead of a reply (finish_reason: error)", usage)
        first, *others = choices
        reply = _reply(first, usage, whole_text)
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        return Garbled(f"the answer's choices can't be read ({type(error).__name__})", usage)
    return replace(reply, others=tuple(_other(one, whole_text) for one in others))


def _reply(choice: Any, usage: Usage | None, whole_text: bool) -> Reply:
    said = read_message(choice["message"], whole=whole_text)
    logprobs = choice.get("logprobs")
    ended = str(choice.get("finish_reason") or "unknown")
    return Reply(
        # a number or nothing at all is for the parser to refuse, once booked
        text=said.text,
        finish_reason="length" if ended.lower() in CUT_OFF else ended,
        usage=usage,
        logprobs=_logprobs(logprobs.get("content") if isinstance(logprobs, dict) else None),
        reasoning=said.thinking,
        refusal=whole(said.refusal),
    )


def _other(choice: Any, whole_text: bool) -> Reply:
    """A further completion; one that can't be read is empty, and no use to its parser."""
    try:
        return _reply(choice, None, whole_text)
    except (LookupError, TypeError, AttributeError):
        return Reply("", "unknown", None)


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
    code = str(error.get("code")) if isinstance(error, dict) else ""
    status = int(code) if _STATUS.fullmatch(code) else 500
    said = read_complaint(error)
    message = whole(said.message or "an error inside a 200")
    return Refused(status, message, None, usage, said.params)


def _words(error: Any) -> str:
    return whole(read_complaint(error).message)[:SHOWN] or "no word of what"


def _refused(answer: httpx2.Response, body: Any, usage: Usage | None) -> Refused:
    """An error status, with what the server said where it said something."""
    message, params = read_complaint(body, answer.content)
    error = body.get("error", body) if isinstance(body, dict) else None
    if isinstance(error, dict) and error.get("type") == TOO_LONG:
        message = (
            f"the prompt has {error.get('n_prompt_tokens')} tokens, and a slot of the server holds"
            f" {error.get('n_ctx')}; raise `server: {{context: …}}` of the embedded endpoint; of a"
            " server of your own raise `-c`, or say `context: …` in its endpoint, and texts are cut"
        )
    said = whole(message or answer.reason_phrase)
    if answer.status_code in (400, 413, 422) and _TOO_LONG.search(said):
        said = said[: SHOWN - len(_CONTEXT)] + _CONTEXT
    return Refused(answer.status_code, said, _retry_after(answer.headers), usage, params)


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
