"""Which key goes to an endpoint: out of the environment, or none."""

from __future__ import annotations

import os

from evokd.config import ConfigError, Endpoint

OPENAI_KEY = "OPENAI_API_KEY"
NO_KEY = "none"
"""Sent where a server needs no key, for the client insists on one."""


def find_key(config: Endpoint) -> str:
    """The key from the environment.

    OPENAI_API_KEY goes to OpenAI alone; a custom `base_url` gets a key only when the config names
    one, and a local server usually needs none.

    Raises:
        ConfigError: the variable is not set.
    """
    name = config.api_key_env or (None if config.base_url or config.embedded else OPENAI_KEY)
    if name is None:
        return NO_KEY
    key = os.environ.get(name, "").strip()
    if not key:
        raise ConfigError(
            f"teachers: {config.title} needs a key, and the environment variable {name} is not"
            " set (for a local server set `base_url`; for no server at all, `embedded`)"
        )
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ConfigError(
            f"teachers: {config.title}: the environment variable {name} holds no key: expected"
            " printable ASCII without spaces"
        )
    return key
