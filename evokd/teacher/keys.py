"""What an endpoint needs of this machine: a key out of the environment, or none; its packages."""

from __future__ import annotations

import importlib.util
import os

from evokd.config import ConfigError, Endpoint

OPENAI_KEY = "OPENAI_API_KEY"
NO_KEY = "none"
"""Sent where a server needs no key, for the client insists on one."""


def check_needs(config: Endpoint) -> None:
    """Whether all is there that a request to an endpoint needs.

    Raises:
        ConfigError: a provider's package, or a key, is missing.
    """
    check_package(config)
    find_key(config)


def check_package(config: Endpoint) -> None:
    """Whether the package of an endpoint's provider is installed.

    Raises:
        ConfigError: saying what installs it.
    """
    provider = config.provider
    if provider is not None and importlib.util.find_spec(provider.module) is None:
        raise ConfigError(
            f"teachers: {config.title} needs {provider.module.replace('_', '-')}, which is not"
            f" installed: pip install 'evokd[{provider.extra}]'"
        )


def find_key(config: Endpoint) -> str:
    """The key from the environment.

    OPENAI_API_KEY goes to OpenAI alone, and a provider's to that provider; an address of the
    config's own gets a key only when the config names one, and a local server usually needs none.

    Raises:
        ConfigError: the variable is not set.
    """
    name = config.api_key_env or _usual_variable(config)
    if name is None:
        return NO_KEY
    key = os.environ.get(name, "").strip()
    if not key and config.provider is not None:
        raise ConfigError(
            f"teachers: {config.title} needs a key, and the environment variable {name} is not"
            " set (`api_key_env` names another one)"
        )
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


def _usual_variable(config: Endpoint) -> str | None:
    """The variable that is looked at where the config names none."""
    if config.provider is not None:
        there = [one for one in config.provider.keys if os.environ.get(one, "").strip()]
        names = there or list(config.provider.keys)
        return names[0] if names and config.provider_url is None else None
    return None if config.base_url or config.embedded else OPENAI_KEY
