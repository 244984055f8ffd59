"""Any OpenAI-compatible server, through `langchain_openai.ChatOpenAI`.

The SDK's own retries are off: the desk retries, one ledger row an attempt. The schema travels in
`extra_body`, because every other way loses the reply and its usage when the JSON is broken.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import json
import math
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx2
import openai
from langchain_core.outputs import ChatGeneration
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from evokd.config import ConfigError, Endpoint
from evokd.teacher.faults import Fault, Garbled, Lost, Refused, Unreached, Unusable
from evokd.teacher.limiter import Limiter
from evokd.teacher.reply import Reply, TokenLogprob, whole
from evokd.teacher.request import Request
from evokd.teacher.tokens import PromptEstimator
from evokd.teacher.transport import (
    CappedTransport,
    ReplyTooLarge,
    Wire,
    note_answer,
    proxy_for,
    watch,
)

OPENAI = "https://api.openai.com/v1"
OPENAI_KEY = "OPENAI_API_KEY"
NO_KEY = "none"
"""Sent where a server needs no key, for the client insists on one."""


class _Chat(ChatOpenAI):
    """LangChain makes the payload and reads the answer; nothing else happens on the way.

    On the usual way callbacks are set up that nobody hears (the desk tells the trace), the SDK
    walks through the declared types of request and answer, and a thread makes the result. That
    is more than half of a call's processor time, and all calls of a wave wait for the first.
    """

    async def complete(
        self,
        messages: Sequence[tuple[str, str]],
        stop: list[str] | None,
        parameters: dict[str, Any],
    ) -> ChatGeneration:
        """The first choice. Raises what the SDK and LangChain raise."""
        payload = self._get_request_payload(messages, stop=stop, **parameters)
        extra = payload.pop("extra_body", None) or {}
        response: httpx2.Response = await self.root_async_client.post(
            "/chat/completions", body={**payload, **extra}, cast_to=httpx2.Response
        )
        body = response.json()
        generation = self._create_chat_result(body).generations[0]
        generation.message.additional_kwargs["reasoning"] = _reasoning(
            body["choices"][0]["message"]
        )
        return generation


class ChatTeacher:
    """One endpoint; safe for many requests at once on one event loop."""

    def __init__(self, config: Endpoint, base_url: str | None = None) -> None:
        self.config = config
        self.limiter = Limiter(config.concurrency)
        self.estimator = PromptEstimator()
        self.base_url = base_url or config.base_url or OPENAI
        self._key = find_key(config)
        # One request at a time is made ready (the client takes milliseconds for each): the first
        # is then with the server while the next is made, instead of all leaving after the last.
        self._door = asyncio.Lock()
        self._http = openai.DefaultAsyncHttpxClient(
            event_hooks={"response": [note_answer]},
            transport=CappedTransport(proxy_for(self.base_url)),
            trust_env=False,
            timeout=config.timeout_s,
        )
        self._model = _Chat(
            model=config.title,
            base_url=self.base_url,
            api_key=SecretStr(self._key),
            # else OPENAI_ORG_ID from the environment would go to a stranger's server
            organization=None if self.base_url == OPENAI else "",
            max_retries=0,
            timeout=config.timeout_s,
            disable_streaming=True,
            use_responses_api=False,
            http_async_client=self._http,
        )

    async def send(self, request: Request, seed: int) -> Reply:
        """One attempt. Raises `Fault`, or `Unusable` for a reply that is too large."""
        messages = [(m.role, whole(m.content)) for m in request.prompt.messages]
        with watch() as wire, contextlib.ExitStack() as door:
            await self._door.acquire()
            door.callback(self._door.release)
            wire.on_way = door.close
            try:
                async with asyncio.timeout(self.config.timeout_s):
                    answer = await self._model.complete(
                        messages, list(request.stop) or None, self._parameters(request, seed)
                    )
                reply = _reply(answer, wire)
            except Exception as error:
                outcome = _classified(error, wire, self.config.timeout_s)
            else:
                outcome = reply
        # out here, so that no client's exception, which may quote the key, is chained to it
        if isinstance(outcome, Reply):
            thought = self._hidden(outcome.reasoning) if outcome.reasoning else ""
            return replace(outcome, text=self._hidden(outcome.text), reasoning=thought)
        outcome.args = (self._hidden(str(outcome)),)
        raise outcome

    def _hidden(self, text: str) -> str:
        """A text without the key, should the server have repeated it."""
        return text if self._key == NO_KEY else text.replace(self._key, "[key]")

    async def close(self) -> None:
        await self._http.aclose()

    def _parameters(self, request: Request, seed: int) -> dict[str, Any]:
        extra: dict[str, Any] = dict(request.extra)
        parameters: dict[str, Any] = {"temperature": request.temperature, "seed": seed}
        if request.top_p is not None:
            parameters["top_p"] = request.top_p
        if request.top_logprobs:
            parameters |= {"logprobs": True, "top_logprobs": request.top_logprobs}
        if self.config.token_limit_field == "max_tokens":
            extra["max_tokens"] = request.max_tokens
        else:
            parameters["max_completion_tokens"] = request.max_tokens
        if request.schema is not None and self.config.structured == "json_schema":
            shape = {"name": request.role, "schema": dict(request.schema), "strict": True}
            extra["response_format"] = {"type": "json_schema", "json_schema": shape}
        elif request.schema is not None and self.config.structured == "json_object":
            extra["response_format"] = {"type": "json_object"}
        if extra:
            parameters["extra_body"] = extra
        return parameters


def find_key(config: Endpoint) -> str:
    """The key from the environment.

    OPENAI_API_KEY goes to OpenAI alone; a custom `base_url` gets a key only when the config names
    one, and a local server usually needs none.

    Raises:
        ConfigError: the variable is not set.
    """
    name = config.api_key_env or (None if config.base_url or config.embedded else OPENAI_KEY)
    if name is None:
        return NO_KEY
    key = os.environ.get(name, "").strip()
    if not key:
        raise ConfigError(
            f"teachers: {config.title} needs a key, and the environment variable {name} is not"
            " set (for a local server set `base_url`; for no server at all, `embedded`)"
        )
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ConfigError(
            f"teachers: {config.title}: the environment variable {name} holds no key: expected"
            " printable ASCII without spaces"
        )
    return key


def _reply(answer: ChatGeneration, wire: Wire) -> Reply:
    text, told = answer.message.content, answer.generation_info or {}
    logprobs = told.get("logprobs") or {}
    return Reply(
        # a list of parts, a number or nothing at all is for the parser to refuse, once booked
        text=text if isinstance(text, str) else "",
        finish_reason=str(told.get("finish_reason") or "unknown"),
        usage=wire.usage,
        logprobs=_logprobs(logprobs.get("content") if isinstance(logprobs, dict) else None),
        reasoning=str(answer.message.additional_kwargs.get("reasoning") or ""),
    )


def _reasoning(message: Any) -> str:
    """Reasoning that a server sends beside the text, by either name; LangChain drops it."""
    if not isinstance(message, dict):
        return ""
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


def _classified(error: Exception, wire: Wire, timeout_s: float) -> Reply | Fault | Unusable:
    """What is behind an exception; messages name no header."""
    if not wire.left:
        return Unreached(f"no connection ({whole(str(_root(error))) or type(error).__name__})")
    if isinstance(error, openai.APIStatusError):
        return Refused(
            error.status_code, _said(error), _retry_after(error.response.headers), wire.usage
        )
    if isinstance(error, (openai.APITimeoutError, TimeoutError)):
        return Lost(f"no answer within {timeout_s:g} s", wire.usage)
    root = _root(error)
    if isinstance(root, ReplyTooLarge):
        return Unusable(str(root))
    if isinstance(error, openai.APIConnectionError):
        return Lost(f"connection lost ({type(root).__name__})", wire.usage)
    return _senseless(error, wire)


def _root(error: BaseException) -> BaseException:
    """The first exception of a chain: the client wraps what its transport raised, twice over."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _senseless(error: Exception, wire: Wire) -> Reply | Fault:
    """HTTP 200 around something that the client can't read as a completion."""
    try:
        body = json.loads(wire.body)
    except (ValueError, RecursionError):
        return Lost(f"the answer is no JSON ({type(error).__name__})", wire.usage)
    if not isinstance(body, dict):
        return Lost("the answer is no chat completion", wire.usage)
    if body.get("error"):
        return _error_inside(body["error"], wire)
    if "choices" not in body:
        return Lost("the answer is no chat completion: it holds no choices", wire.usage)
    try:  # odd usage or unknown fields around a message that is fine
        choice = body["choices"][0]
        text = choice["message"].get("content")
    except (LookupError, TypeError, AttributeError):
        return Garbled(f"the answer's choices can't be read ({type(error).__name__})", wire.usage)
    logprobs = choice.get("logprobs")
    return Reply(
        text=text if isinstance(text, str) else "",
        finish_reason=str(choice.get("finish_reason") or "unknown"),
        usage=wire.usage,
        logprobs=_logprobs(logprobs.get("content") if isinstance(logprobs, dict) else None),
        reasoning=_reasoning(choice["message"]),
    )


def _error_inside(error: Any, wire: Wire) -> Refused:
    """An error where a completion should be, by the status it names where it names one."""
    named = error if isinstance(error, dict) else {"message": error}
    code = named.get("code")
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    message = whole(str(named.get("message") or "an error inside a 200"))
    return Refused(status, message[:300], None, wire.usage)


def _said(error: openai.APIStatusError) -> str:
    body = error.body
    message = body.get("message") if isinstance(body, dict) else None
    return whole(str(message or error.response.reason_phrase))[:300]


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
