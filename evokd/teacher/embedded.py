"""The embedded teacher: llama.cpp's own server in this process, on a free loopback port.

A real language model on the same code path as a remote one: no key, no download, no network.
"""

from __future__ import annotations

import functools
import importlib
import os
from functools import cached_property
from typing import Any

from evokd.config import ConfigError
from evokd.store.weights import verified

SLOTS = 8
CONTEXT = 2048
"""Tokens a slot; the small packs' prompts are under 500."""


class EmbeddedServer:
    """Starts when its address is first asked for; one a process, shared by all roles and runs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._server: Any = None  # xllamacpp ships no types

    @cached_property
    def base_url(self) -> str:
        """Address of the OpenAI-compatible API; the weights' hash is checked before loading."""
        path = verified(self.name)
        try:
            xllamacpp: Any = importlib.import_module("xllamacpp")
        except ImportError as error:
            raise ConfigError(
                f"teachers: embedded needs xllamacpp ({error}); `make setup`"
            ) from None
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.hostnames = ["127.0.0.1"]
        params.port = 0
        params.n_parallel = SLOTS
        params.n_ctx = SLOTS * CONTEXT
        params.cpuparams.n_threads = threads
        params.cpuparams_batch.n_threads = threads
        params.n_threads_http = SLOTS
        params.cache_ram_mib = 0  # its prompt cache would grow to 8 GB, and slots keep their own
        params.warmup = False
        params.verbosity = 0
        self._server = xllamacpp.Server(params)
        return f"{self._server.listening_address}/v1"

    def stop(self) -> None:
        """End the server and free its memory."""
        self._server = None
        self.__dict__.pop("base_url", None)


@functools.cache
def embedded_server(name: str) -> EmbeddedServer:
    """One server a process, whatever the number of runs in it."""
    return EmbeddedServer(name)
