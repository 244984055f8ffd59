"""A LangChain chat model over the watched transport: how one attempt is made and read.

LangChain sends the request and tells callbacks and tracers of it. It is put in the words that the
server takes (dialect.py), and what came back is read off the wire (completion.py). The SDK's own
retries are off: the metered client retries, one ledger row an attempt.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import httpx2
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import convert_to_messages
from langchain_core.runnables import ensure_config

from evokd.config import Endpoint
from evokd.teacher.completion import Came, outcome
from evokd.teacher.dialect import Dialect
from evokd.teacher.faults import ParameterRefused, Refused
from evokd.teacher.keys import find_key
from evokd.teacher.limiter import Limiter
from evokd.teacher.proxy import Proxy
from evokd.teacher.reply import Reply, whole
from evokd.teacher.request import Message, Request
from evokd.teacher.tokens import PromptEstimator
from evokd.teacher.transport import WatchedTransport, Wire, watch


class WatchedTeacher(ABC):
    """One endpoint; safe for many requests at once on one event loop."""

    _http: httpx2.AsyncClient
    _model: BaseChatModel

    def __init__(self, config: Endpoint, base_url: str, proxy: Proxy | None) -> None:
        self.config = config
        self.limiter = Limiter(config.concurrency)
        self.estimator = PromptEstimator()
        self.base_url, self.proxy = base_url, proxy
        self._dialect = Dialect.of(config)
        # One request at a time is made ready (the client takes milliseconds for each): the first
        # is then with the server while the next is made, instead of all leaving after the last.
        self._door = asyncio.Lock()
        self._key = find_key(config)
        self._transport = WatchedTransport(
            config.timeout_s, self._key, proxy.url if proxy else None
        )

    @abstractmethod
    def listing(self) -> tuple[str, dict[str, str]]:
        """Address of the server's list of models, and the headers that it wants."""

    async def send(self, request: Request, seed: int, metadata: Mapping[str, Any]) -> Reply:
        """One attempt. Raises `Fault`, or `Unusable` for a reply that is too large."""
        asked = self._dialect
        messages = convert_to_messages((m.role, m.content) for m in self._said(asked, request))
        stop, parameters = self._parameters(asked, request, seed)
        failure: Exception | None = None
        with watch() as wire, contextlib.ExitStack() as door:
            await self._door.acquire()
            door.callback(self._door.release)
            wire.on_way = door.close
            try:
                await self._model.agenerate(
                    [messages],
                    stop,
                    # the surrounding node's: LangChain hands them on by itself in `ainvoke` alone
                    ensure_config()["callbacks"],
                    metadata=dict(metadata),
                    **parameters,
                )
            except Exception as error:
                failure = error
        came = self._outcome(wire, failure, request)
        if isinstance(came, Reply):
            return await self._counted(came)
        # out here, so that no client's exception, which may quote the key, is chained to it
        raise self._learnt(request, came, asked) if isinstance(came, Refused) else came

    async def models(self, timeout: httpx2.Timeout) -> httpx2.Response:
        """The server's list of models, which costs nothing, by the way that requests take."""
        url, headers = self.listing()
        with watch():
            return await self._http.get(url, headers=headers, timeout=timeout)

    def refuses_key(self, answer: httpx2.Response) -> bool:
        """Whether an answer says that the key is no good."""
        return answer.status_code in (401, 403)

    async def close(self) -> None:
        await self._http.aclose()

    def _said(self, asked: Dialect, request: Request) -> list[Message]:
        """The chat in characters that can be sent."""
        return [Message(m.role, whole(m.content)) for m in asked.messages(request)]

    def _parameters(
        self, asked: Dialect, request: Request, seed: int
    ) -> tuple[list[str] | None, dict[str, Any]]:
        """Where a reply ends, and all else as the model takes it."""
        return asked.stop(request), asked.parameters(request, seed)

    def _outcome(self, wire: Wire, failure: Exception | None, request: Request) -> Came:
        return outcome(wire, failure, whole_text=request.keeps_thinking)

    async def _counted(self, reply: Reply) -> Reply:
        """The reply with what its usage leaves out."""
        return reply

    def _in_our_words(self, fault: Refused) -> Refused:
        """A refusal with our names of the parameters that it speaks of."""
        return fault

    def _learnt(self, request: Request, fault: Refused, asked: Dialect) -> Refused:
        """The refusal; where it names a parameter, one after which the request may go without it.

        Requests that were on their way already are refused as well: they are sent again, too, and
        nothing is said of them.
        """
        name = asked.refused(request, self._in_our_words(fault))
        if name is None:
            return asked.advised(fault)
        news = None
        if name not in self._dialect.left_out:
            news = self._dialect.told(name, fault)
            self._dialect = self._dialect.without(name)
        return ParameterRefused(fault, news)
