"""Any OpenAI-compatible server, through `langchain_openai.ChatOpenAI`.

LangChain sends the request and tells callbacks and tracers of it. It is put in the words that the
server takes (dialect.py), and what came back is read off the wire (completion.py). The SDK's own
retries are off: the metered client retries, one ledger row an attempt. The schema travels in
`extra_body`, because every other way loses the reply and its usage when the JSON is broken.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx2
import openai
from langchain_core.messages import convert_to_messages
from langchain_core.runnables import ensure_config
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from evokd.config import Endpoint
from evokd.teacher.address import split, under
from evokd.teacher.completion import outcome
from evokd.teacher.completion_tokens import CompletionTokens
from evokd.teacher.dialect import Dialect
from evokd.teacher.faults import ParameterRefused, Refused
from evokd.teacher.keys import find_key
from evokd.teacher.limiter import Limiter
from evokd.teacher.proxy import proxy_for
from evokd.teacher.reply import Reply, whole
from evokd.teacher.request import Request
from evokd.teacher.tokens import PromptEstimator
from evokd.teacher.transport import WatchedTransport, watch

OPENAI = "https://api.openai.com/v1"


class ChatTeacher:
    """One endpoint; safe for many requests at once on one event loop."""

    def __init__(self, config: Endpoint, base_url: str | None = None) -> None:
        self.config = config
        self.limiter = Limiter(config.concurrency)
        self.estimator = PromptEstimator()
        self.base_url = base_url or config.base_url or OPENAI
        self._dialect = Dialect.of(config)
        # One request at a time is made ready (the client takes milliseconds for each): the first
        # is then with the server while the next is made, instead of all leaving after the last.
        self._door = asyncio.Lock()
        self._key = key = find_key(config)
        self.proxy = proxy = proxy_for(self.base_url)
        self._http = openai.DefaultAsyncHttpxClient(
            transport=WatchedTransport(config.timeout_s, key, proxy.url if proxy else None),
            trust_env=False,
            timeout=config.timeout_s,
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

    async def send(self, request: Request, seed: int, metadata: Mapping[str, Any]) -> Reply:
        """One attempt. Raises `Fault`, or `Unusable` for a reply that is too large."""
        asked = self._dialect
        messages = convert_to_messages((m.role, whole(m.content)) for m in asked.messages(request))
        failure: Exception | None = None
        with watch() as wire, contextlib.ExitStack() as door:
            await self._door.acquire()
            door.callback(self._door.release)
            wire.on_way = door.close
            try:
                await self._model.agenerate(
                    [messages],
                    asked.stop(request),
                    # the surrounding node's: LangChain hands them on by itself in `ainvoke` alone
                    ensure_config()["callbacks"],
                    metadata=dict(metadata),
                    **asked.parameters(request, seed),
                )
            except Exception as error:
                failure = error
        came = outcome(wire, failure, whole_text=request.keeps_thinking)
        if isinstance(came, Reply):
            if came.others:
                return replace(came, counted=await self._tokens.missed(came))
            self._tokens.learn(came)
            return came
        # out here, so that no client's exception, which may quote the key, is chained to it
        raise self._learnt(request, came, asked) if isinstance(came, Refused) else came

    async def models(self, timeout: httpx2.Timeout) -> httpx2.Response:
        """The server's list of models, which costs nothing, by the way that requests take."""
        headers = {"Authorization": f"Bearer {self._key}"}
        with watch():
            return await self._http.get(
                under(self.base_url, "models"), headers=headers, timeout=timeout
            )

    async def close(self) -> None:
        await self._http.aclose()

    def _learnt(self, request: Request, fault: Refused, asked: Dialect) -> Refused:
        """The refusal; where it names a parameter, one after which the request may go without it.

        Requests that were on their way already are refused as well: they are sent again, too, and
        nothing is said of them.
        """
        name = asked.refused(request, fault)
        if name is None:
            return asked.advised(fault)
        news = None
        if name not in self._dialect.left_out:
            news = self._dialect.told(name, fault)
            self._dialect = self._dialect.without(name)
        return ParameterRefused(fault, news)
