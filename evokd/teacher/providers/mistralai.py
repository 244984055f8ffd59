"""Mistral's chat API, through `langchain_mistralai.ChatMistralAI`: OpenAI's but for a few names.

Its client is one of httpx, so our transport is bridged. There are no log-probabilities.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from langchain_mistralai import ChatMistralAI
from pydantic import SecretStr

from evokd.teacher.address import under
from evokd.teacher.faults import Refused
from evokd.teacher.providers.adapter import Way
from evokd.teacher.providers.bridge import bridged


class BareChatMistralAI(ChatMistralAI):
    """LangChain's model without defaults for what a request leaves out."""

    @property
    def _default_params(self) -> dict[str, Any]:
        return {"model": self.model}


class Mistral:
    """See `Adapter`."""

    holds = ("choices",)
    names: Mapping[str, str] = {"random_seed": "seed"}

    def __init__(self, way: Way) -> None:
        headers = {"Authorization": f"Bearer {way.key}"}
        self.model = BareChatMistralAI(
            model_name=way.endpoint.name,
            api_key=SecretStr(way.key),
            base_url=way.base_url,
            max_retries=0,
            cache=False,  # a global one would answer calls that the books say were made
            disable_streaming=True,
            async_client=httpx.AsyncClient(
                base_url=way.base_url,
                headers=headers | {"Accept": "application/json"},
                **bridged(way.transport, way.endpoint.timeout_s),
            ),
            client=httpx.Client(transport=httpx.BaseTransport(), trust_env=False),  # never used
        )
        self.listing = under(way.base_url, "models"), headers

    def parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        if "seed" in given:
            given["random_seed"] = given.pop("seed")
        return given

    def usage(self, body: Mapping[str, Any]) -> Any:
        return body["usage"]

    def choices(self, body: Mapping[str, Any]) -> Any:
        return body["choices"]

    def revised(self, fault: Refused, body: Any) -> Refused:
        return fault


ADAPTER = Mistral
