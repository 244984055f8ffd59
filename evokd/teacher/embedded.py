"""The embedded teacher: llama.cpp's own server in this process, on a free loopback port.

A real language model on the same code path as a remote one: no key, no download, no network.
"""

from __future__ import annotations

import functools
import importlib
import os
from functools import cached_property
from typing import Any

from evokd.config import ConfigError, ServerConfig
from evokd.store.models import header_of, loadable

DEFAULT = ServerConfig()
CACHE_MIB = 512
"""Most memory for prompts that no slot holds any more. A slot forgets the prompt of one role when
another role's comes; with this, the beginning that a role's prompts share is computed in the first
round alone. 512 MiB are 18,000 tokens of the 1.5B model, 43,000 of the 0.5B; llama.cpp's own
default is 8 GB."""


class EmbeddedServer:
    """Starts when its address is first asked for; one a process, shared by all roles and runs."""

    def __init__(self, name: str, settings: ServerConfig = DEFAULT) -> None:
        self.name, self.settings = name, settings
        self._server: Any = None  # xllamacpp ships no types

    @cached_property
    def base_url(self) -> str:
        """Address of the OpenAI-compatible API; the weights are checked before loading.

        Raises:
            ConfigError: weights that are missing, wrong or none, or a server that does not start.
        """
        path = loadable(self.name)
        check_context(self.name, self.settings)
        try:
            xllamacpp: Any = importlib.import_module("xllamacpp")
        except ImportError as error:
            raise ConfigError(
                f"teachers: embedded needs xllamacpp ({error}); `make setup`"
            ) from None
        try:
            self._server = xllamacpp.Server(self._params(xllamacpp, str(path)))
        except RuntimeError as error:
            raise ConfigError(
                f"teachers: embedded: {path}: llama.cpp can't load it ({error}); either it does not"
                " know this kind of model, or there is no memory for"
                f" {self.settings.slots} slots of {self.settings.context} tokens"
            ) from None
        return f"{self._server.listening_address}/v1"

    def _params(self, xllamacpp: Any, path: str) -> Any:
        settings = self.settings
        threads = settings.threads or _usable_cores()
        params = xllamacpp.CommonParams()
        params.model.path = path
        params.hostnames = ["127.0.0.1"]
        params.port = 0
        params.n_parallel = settings.slots
        params.n_ctx = settings.slots * settings.context
        if settings.gpu_layers is not None:
            params.n_gpu_layers = settings.gpu_layers
        params.cpuparams.n_threads = threads
        params.cpuparams_batch.n_threads = threads
        params.n_threads_http = settings.slots + 2  # who counts tokens need not wait for a slot
        params.cache_ram_mib = CACHE_MIB
        params.warmup = False
        params.verbosity = 0
        return params

    def stop(self) -> None:
        """End the server and free its memory."""
        self._server = None
        self.__dict__.pop("base_url", None)


def check_context(name: str, settings: ServerConfig) -> None:
    """A slot can't be larger than what the model was trained to see.

    Raises:
        ConfigError: as `header_of`, or naming the field.
    """
    most = header_of(name).context
    if most is not None and settings.context > most:
        raise ConfigError(
            f"teachers: server.context: {name} sees at most {most:,} tokens at once, got"
            f" {settings.context:,}"
        )


def embedded_server(name: str, settings: ServerConfig | None = None) -> EmbeddedServer:
    """One server a process for each model and its settings, whatever the number of runs in it."""
    return _server(name, settings or DEFAULT)


@functools.cache
def _server(name: str, settings: ServerConfig) -> EmbeddedServer:
    return EmbeddedServer(name, settings)


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
