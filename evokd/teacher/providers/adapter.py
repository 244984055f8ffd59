"""What tells one provider from another: two translations, and an address.

A request is put in the words of LangChain's model for the provider, and an answer in those of
OpenAI, which `evokd.teacher.completion` reads: so faults, thinking, refusals and usage are the same
thing whoever answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import httpx2
from langchain_core.language_models import BaseChatModel

from evokd.config import Endpoint
from evokd.teacher.faults import Refused
from evokd.teacher.transport import WatchedTransport

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Way:
    """How a provider is reached: over our transport, with our key, to the config's address."""

    endpoint: Endpoint
    base_url: str
    key: str
    transport: WatchedTransport
    http: httpx2.AsyncClient
    """Over that transport, for SDKs that take such a client."""


class Adapter(Protocol):
    """One provider at one endpoint."""

    model: BaseChatModel
    """Over the watched transport, its own retries off, nothing of the environment in it."""
    listing: tuple[str, dict[str, str]]
    """Address of the list of models, and the headers that it wants."""
    holds: tuple[str, ...]
    """Keys of which a body has one, if it is an answer."""
    names: Mapping[str, str]
    """What its refusals call a parameter → what we call it."""

    def parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        """OpenAI's parameters of a request as keyword arguments of the model.

        Args:
            given: As the body of OpenAI's protocol has them, `stop` and `max_tokens` too.
        """
        ...

    def usage(self, body: Mapping[str, Any]) -> Any:
        """What an answer says of tokens, as OpenAI does; raises where it says nothing of sense."""
        ...

    def choices(self, body: Mapping[str, Any]) -> Sequence[Any]:
        """The completions as OpenAI has them; raises where there are none to be read."""
        ...

    def revised(self, fault: Refused, body: Any) -> Refused:
        """A refusal by what its body says, where its status says something else."""
        ...


def in_openai_s_words(adapter: Adapter, body: Any) -> Any:
    """An answer as OpenAI would have written it; what is none arrives unchanged."""
    if not isinstance(body, dict):
        return body
    answer = {**body, "usage": _tried(adapter.usage, body)}
    answer.pop("choices", None)
    if body.get("object") == "error":  # Mistral's, whose words stand beside it
        answer["error"] = {"message": body.get("message"), "code": body.get("code")}
    if any(name in body for name in adapter.holds):
        answer["choices"] = _tried(adapter.choices, body)
    return answer


def json_shape(given: Mapping[str, Any]) -> tuple[str, Any] | None:
    """`json_schema` and the schema, or `json_object` and nothing; None: no JSON is asked for."""
    asked = given.get("response_format")
    if asked is None:
        return None
    return asked["type"], asked.get("json_schema", {}).get("schema")


def _tried(read: Callable[[Mapping[str, Any]], T], body: Mapping[str, Any]) -> T | None:
    try:
        return read(body)
    except (LookupError, TypeError, AttributeError, ValueError):
        return None
