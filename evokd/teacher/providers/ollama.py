"""Ollama's own `/api/chat`, through `langchain_ollama.ChatOllama`.

Its own rather than the OpenAI-compatible one, which can't be told how much the model sees:
`context` of the endpoint is sent as `num_ctx`, and what is longer is cut there in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_ollama import ChatOllama

from evokd.teacher.faults import Refused
from evokd.teacher.providers.adapter import Way, json_shape
from evokd.teacher.providers.bridge import bridged

_RENAMED = {"max_tokens": "num_predict"}
_TOP = ("logprobs", "top_logprobs")
"""What stands beside `options`."""


class Ollama:
    """See `Adapter`."""

    holds = ("message",)
    names: Mapping[str, str] = {"format": "response_format"}

    def __init__(self, way: Way) -> None:
        self._context = way.endpoint.context
        # always: else OLLAMA_API_KEY would go to whatever address
        headers = {"authorization": f"Bearer {way.key}"}
        self.model = ChatOllama(
            model=way.endpoint.name,
            base_url=way.base_url,
            cache=False,  # a global one would answer calls that the books say were made
            disable_streaming=True,
            client_kwargs={"headers": headers, "trust_env": False},
            async_client_kwargs=bridged(way.transport, way.endpoint.timeout_s),
        )
        self.listing = f"{way.base_url}/api/tags", headers

    def parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        taken: dict[str, Any] = {"stream": False}
        taken |= {name: given.pop(name) for name in _TOP if name in given}
        shape = json_shape(given)
        if shape:
            del given["response_format"]
            taken["format"] = "json" if shape[0] == "json_object" else shape[1]
        options = {_RENAMED.get(name, name): value for name, value in given.items()}
        if self._context is not None:
            options["num_ctx"] = self._context
        return taken | {"options": options}

    def usage(self, body: Mapping[str, Any]) -> Any:
        return {
            "prompt_tokens": body["prompt_eval_count"],
            "completion_tokens": body["eval_count"],
        }

    def choices(self, body: Mapping[str, Any]) -> list[Any]:
        said = body["message"]
        message = {"content": said.get("content"), "reasoning_content": said.get("thinking")}
        choice = {"message": message, "finish_reason": body.get("done_reason")}
        return [choice | {"logprobs": {"content": body.get("logprobs")}}]

    def revised(self, fault: Refused, body: Any) -> Refused:
        return fault


ADAPTER = Ollama
