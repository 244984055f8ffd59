"""A model of a provider with a protocol of its own, through its adapter."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx2

from evokd.config import ConfigError, Endpoint
from evokd.teacher.answer_body import read_body
from evokd.teacher.completion import Came, outcome
from evokd.teacher.dialect import LIMITS, Dialect
from evokd.teacher.faults import Refused
from evokd.teacher.keys import check_package
from evokd.teacher.providers.adapter import Adapter, Way, in_openai_s_words
from evokd.teacher.proxy import proxy_for
from evokd.teacher.request import Message, Request
from evokd.teacher.transport import Wire
from evokd.teacher.watched import WatchedTeacher

NOTHING_SAID = "…"
"""In the place of an empty message, which providers refuse: an empty reply, in its repair turn."""


class ProviderTeacher(WatchedTeacher):
    """One endpoint; safe for many requests at once on one event loop.

    Raises:
        ConfigError: its package or its key is missing.
    """

    def __init__(self, config: Endpoint) -> None:
        check_package(config)
        base_url = (config.address or "").rstrip("/")
        super().__init__(config, base_url, proxy_for(base_url, None))
        self._http = httpx2.AsyncClient(
            transport=self._transport, trust_env=False, timeout=config.timeout_s
        )
        way = Way(config, base_url, self._key, self._transport, self._http)
        self._adapter = _adapter(way)
        self._model = self._adapter.model

    def listing(self) -> tuple[str, dict[str, str]]:
        return self._adapter.listing

    def refuses_key(self, answer: httpx2.Response) -> bool:
        if answer.is_success:
            return False
        fault = Refused(answer.status_code, "")
        return self._adapter.revised(fault, read_body(answer.content)).status in (401, 403)

    def _said(self, asked: Dialect, request: Request) -> list[Message]:
        said = super()._said(asked, request)
        return [replace(m, content=m.content if m.content.strip() else NOTHING_SAID) for m in said]

    def _parameters(
        self, asked: Dialect, request: Request, seed: int
    ) -> tuple[list[str] | None, dict[str, Any]]:
        given = asked.parameters(request, seed)
        given |= given.pop("extra_body", {})
        for name in LIMITS:
            if name in given:
                given["max_tokens"] = given.pop(name)
        stop = asked.stop(request)
        if stop:
            given["stop"] = stop
        parameters = self._adapter.parameters(given)
        return parameters.pop("stop", None), parameters

    def _outcome(self, wire: Wire, failure: Exception | None, request: Request) -> Came:
        def read(content: bytes) -> Any:
            return in_openai_s_words(self._adapter, read_body(content))

        came = outcome(wire, failure, whole_text=request.keeps_thinking, read=read)
        if not isinstance(came, Refused) or wire.answer is None:
            return came
        return self._adapter.revised(came, read_body(wire.answer.content))

    def _in_our_words(self, fault: Refused) -> Refused:
        names = self._adapter.names
        params = tuple(_renamed(one, names) for one in fault.params)
        return Refused(fault.status, _renamed(fault.said, names), params=params)


def _adapter(way: Way) -> Adapter:
    provider = way.endpoint.provider
    assert provider is not None  # else nobody comes here
    try:
        module = importlib.import_module(f"evokd.teacher.providers.{provider.name}")
    except ImportError as error:
        raise ConfigError(
            f"teachers: {way.endpoint.title}: {provider.module} can't be imported ({error});"
            f" install it anew: pip install 'evokd[{provider.extra}]'"
        ) from error
    adapter: Adapter = module.ADAPTER(way)
    return adapter


def _renamed(text: str, names: Mapping[str, str]) -> str:
    for theirs, ours in names.items():
        text = re.sub(rf"(?<![\w-]){re.escape(theirs)}(?![\w-])", ours, text)
    return text
