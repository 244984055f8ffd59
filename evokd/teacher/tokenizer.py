"""An endpoint's own count of tokens, where it can be asked for nothing; else the usual estimate.

llama.cpp's server counts a chat's prompt with its template (`/v1/chat/completions/input_tokens`)
and a text (`/tokenize`) without computing either: about 2 ms each.
"""

from __future__ import annotations

import atexit
import functools
from collections.abc import Sequence
from typing import Any, Protocol

import httpx2

from evokd.config import Endpoint
from evokd.teacher.embedded import EmbeddedServer, embedded_server
from evokd.teacher.request import Message
from evokd.teacher.tokens import count, count_messages

COUNT = "/v1/chat/completions/input_tokens"


class Tokenizer(Protocol):
    """Counts what an endpoint would bill."""

    def prompt(self, messages: Sequence[Message]) -> int:
        """Tokens of a chat, those of its template among them."""
        ...

    def text(self, text: str) -> int:
        """Tokens of a text that the model writes."""
        ...


class Estimate:
    """`evokd.teacher.tokens`, for endpoints that can't be asked."""

    def prompt(self, messages: Sequence[Message]) -> int:
        return count_messages(messages)

    def text(self, text: str) -> int:
        return count(text)


class ServerTokenizer:
    """The embedded server's own; it is started when it is first asked."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server
        self._http = httpx2.Client(timeout=60, trust_env=False)  # loopback: no proxy
        atexit.register(self._http.close)
        self.text = functools.lru_cache(4096)(self._text)

    def prompt(self, messages: Sequence[Message]) -> int:
        chat = [{"role": one.role, "content": one.content} for one in messages]
        return int(
            self._ask("/v1/chat/completions/input_tokens", {"messages": chat})["input_tokens"]
        )

    def _text(self, text: str) -> int:
        return len(self._ask("/tokenize", {"content": text})["tokens"])

    def _ask(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        base = self._server.base_url.removesuffix("/v1")
        answer = self._http.post(f"{base}{route}", json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@functools.cache
def tokenizer_of(endpoint: Endpoint) -> Tokenizer:
    """The tokenizer of an endpoint, one a process."""
    if endpoint.embedded is None:
        return Estimate()
    return ServerTokenizer(embedded_server(endpoint.embedded, endpoint.server))
