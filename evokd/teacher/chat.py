"""Any OpenAI-compatible server, through `langchain_openai.ChatOpenAI`.

The schema travels in `extra_body`, because every other way loses the reply and its usage when the
JSON is broken.
"""

from __future__ import annotations

from dataclasses import replace

import httpx2
import openai
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from evokd.config import Endpoint
from evokd.teacher.address import split, under
from evokd.teacher.completion_tokens import CompletionTokens
from evokd.teacher.proxy import proxy_for
from evokd.teacher.reply import Reply
from evokd.teacher.watched import WatchedTeacher

OPENAI = "https://api.openai.com/v1"


class ChatTeacher(WatchedTeacher):
    """One endpoint; safe for many requests at once on one event loop."""

    def __init__(self, config: Endpoint, base_url: str | None = None) -> None:
        base_url = base_url or config.base_url or OPENAI
        super().__init__(config, base_url, proxy_for(base_url))
        key = self._key
        self._http = openai.DefaultAsyncHttpxClient(
            transport=self._transport, trust_env=False, timeout=config.timeout_s
        )
        # OpenAI counts all, and has no such address
        at = None if self.base_url == OPENAI else self.base_url
        self._tokens = CompletionTokens(self._http, at, key, config.title)
        address, query = split(self.base_url)
        self._model = ChatOpenAI(
            model=config.title,
            base_url=address,
            default_query=query or None,
            api_key=SecretStr(key),
            # else OPENAI_ORG_ID from the environment would go to a stranger's server
            organization=None if self.base_url == OPENAI else "",
            temperature=None,  # else o1 is sent one that was left out
            max_retries=0,
            timeout=config.timeout_s,
            cache=False,  # a global one would answer calls that the books say were made
            disable_streaming=True,  # a listener that wants tokens would cost the usage
            use_responses_api=False,
            http_async_client=self._http,
            # never used; without it one is made of the environment, whose proxy may be none
            http_client=httpx2.Client(transport=httpx2.BaseTransport(), trust_env=False),
            openai_proxy=None,  # else OPENAI_PROXY, which our transport has seen to
        )

    def listing(self) -> tuple[str, dict[str, str]]:
        return under(self.base_url, "models"), {"Authorization": f"Bearer {self._key}"}

    async def _counted(self, reply: Reply) -> Reply:
        if reply.others:
            return replace(reply, counted=await self._tokens.missed(reply))
        self._tokens.learn(reply)
        return reply
