"""Anthropic's Messages API, through `langchain_anthropic.ChatAnthropic`.

A schema goes as `output_config.format`. There is no seed, no log-probability, no `n`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from anthropic import AsyncAnthropic
from langchain_anthropic import ChatAnthropic
from pydantic import Field, SecretStr

from evokd.teacher.faults import Refused
from evokd.teacher.providers.adapter import Way, json_shape

_ENDS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}
_PLAIN = ("temperature", "top_p", "max_tokens")


class WatchedChatAnthropic(ChatAnthropic):
    """LangChain's model over a client of ours, which it takes by no public way."""

    ours: Any = Field(exclude=True, repr=False)

    @cached_property
    def _async_client(self) -> AsyncAnthropic:
        client: AsyncAnthropic = self.ours
        return client


class Anthropic:
    """See `Adapter`."""

    holds = ("content",)
    names: Mapping[str, str] = {
        "stop_sequences": "stop",
        "output_config.format": "response_format",
        "output_config": "response_format",
        "output_format": "response_format",
    }

    def __init__(self, way: Way) -> None:
        client = AsyncAnthropic(
            api_key=way.key,
            base_url=way.base_url,
            max_retries=0,
            timeout=way.endpoint.timeout_s,
            http_client=way.http,
        )
        client.auth_token = None  # else ANTHROPIC_AUTH_TOKEN would go to whatever address
        self.model = WatchedChatAnthropic(
            model=way.endpoint.name,
            api_key=SecretStr(way.key),
            base_url=way.base_url,
            max_retries=0,
            cache=False,  # a global one would answer calls that the books say were made
            disable_streaming=True,
            ours=client,
        )
        version = str(client.default_headers["anthropic-version"])
        headers = client.auth_headers | {"anthropic-version": version}  # as requests have them
        self.listing = f"{way.base_url}/v1/models?limit=1000", headers

    def parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        taken = {name: given.pop(name) for name in _PLAIN if name in given}
        if json_shape(given):
            taken["response_format"] = given.pop("response_format")
        # one of nothing but white space is refused
        stop = [text for text in given.pop("stop", ()) if text.strip()]
        if stop:
            taken["stop"] = stop
        if given.get("top_k") == 0:  # llama.cpp's word for all tokens
            del given["top_k"]
        if given:
            taken["extra_body"] = given
        return taken

    def usage(self, body: Mapping[str, Any]) -> Any:
        said = body["usage"]
        cached = said.get("cache_read_input_tokens") or 0
        written = said.get("cache_creation_input_tokens") or 0
        details = said.get("output_tokens_details") or {}
        return {
            "prompt_tokens": said["input_tokens"] + cached + written,
            "completion_tokens": said["output_tokens"],
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens_details": {"reasoning_tokens": details.get("thinking_tokens")},
        }

    def choices(self, body: Mapping[str, Any]) -> list[Any]:
        parts, ended = body["content"], body.get("stop_reason")
        if not isinstance(parts, list):
            raise TypeError("content is no list of parts")
        message: dict[str, Any] = {"content": parts}
        if ended == "refusal":
            why = (body.get("stop_details") or {}).get("explanation")
            message["refusal"] = why or "stop_reason: refusal"
        return [{"message": message, "finish_reason": _ENDS.get(ended or "", ended)}]

    def revised(self, fault: Refused, body: Any) -> Refused:
        return fault


ADAPTER = Anthropic
