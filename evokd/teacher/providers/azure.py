"""Azure OpenAI, through `langchain_openai.AzureChatOpenAI`: OpenAI's protocol, elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
from langchain_openai import AzureChatOpenAI
from pydantic import SecretStr

from evokd.teacher.faults import Refused
from evokd.teacher.providers.adapter import Way

_KNOWN = ("temperature", "seed", "top_p", "n", "logprobs", "top_logprobs", "stop")
"""What the client takes; the rest goes into the body as it is: a schema would else lose the reply
and its usage when the JSON is broken, and of other words the client knows nothing."""


class Azure:
    """See `Adapter`."""

    holds = ("choices",)
    names: Mapping[str, str] = {}

    def __init__(self, way: Way) -> None:
        config = way.endpoint.azure
        assert config is not None  # else nobody comes here
        self._limit = way.endpoint.token_limit_field
        self.model = AzureChatOpenAI(
            azure_endpoint=way.base_url,
            azure_deployment=way.endpoint.name,
            api_version=config.api_version,
            api_key=SecretStr(way.key),
            azure_ad_token=None,
            temperature=None,
            max_retries=0,
            timeout=way.endpoint.timeout_s,
            cache=False,  # a global one would answer calls that the books say were made
            disable_streaming=True,
            use_responses_api=False,
            http_async_client=way.http,
            # never used; without it one is made of the environment, whose proxy may be none
            http_client=httpx2.Client(transport=httpx2.BaseTransport(), trust_env=False),
            openai_proxy=None,
        )
        way.http.event_hooks = {"request": [_without_strangers], "response": []}
        models = f"{way.base_url}/openai/models?api-version={config.api_version}"
        self.listing = models, {"api-key": way.key}

    def parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        taken = {name: given.pop(name) for name in _KNOWN if name in given}
        # the client renames `max_tokens` unless it travels as an extra
        given[self._limit] = given.pop("max_tokens")
        return taken | {"extra_body": given}

    def usage(self, body: Mapping[str, Any]) -> Any:
        return body["usage"]

    def choices(self, body: Mapping[str, Any]) -> Any:
        return body["choices"]

    def revised(self, fault: Refused, body: Any) -> Refused:
        return fault


async def _without_strangers(request: httpx2.Request) -> None:
    """Take out what the client puts in of OPENAI_ORG_ID and OPENAI_PROJECT_ID: it is OpenAI's."""
    for name in ("openai-organization", "openai-project"):
        request.headers.pop(name, None)


ADAPTER = Azure
