"""The endpoint that `evokd init --teacher` means."""

from __future__ import annotations

import os
import urllib.parse
from pathlib import Path
from typing import Any

from evokd.cli.asking import Ask
from evokd.cli.screen import harmless
from evokd.config import HUB, ConfigError, is_model_path
from evokd.config.address import check_address, is_loopback
from evokd.config.providers import mistaken

EMBEDDED = "embedded:"
DEFAULT = f"{EMBEDDED}smollm2-135m"


def endpoint_of(teacher: str, model: str | None, folder: Path, ask: Ask | None) -> dict[str, Any]:
    """The endpoint as the config has it.

    A server on this machine is asked which models it has, where none is named; no other is.

    Args:
        teacher: `embedded:NAME`, an address, the name of a model of OpenAI's, or one with its
            provider before it (`anthropic:NAME`).
        model: Of the server at that address.
        folder: Of the config, for the path of a GGUF.
        ask: A person, if there is one.

    Raises:
        ConfigError: no such embedded model, no address, a server that can't be asked.
    """
    if teacher.startswith(EMBEDDED):
        if model is not None:
            raise ConfigError("--model: an embedded teacher names its own (embedded:NAME)")
        return {"embedded": _embedded(teacher.removeprefix(EMBEDDED), folder)}
    if "://" not in teacher:
        if model is not None:
            raise ConfigError(
                f"--model: --teacher {harmless(teacher)} names a model already; --model goes with"
                " an address"
            )
        meant = mistaken(teacher)
        if meant is not None:
            raise ConfigError(f"--teacher {harmless(teacher)}: {harmless(meant)}")
        return {"model": teacher}
    try:
        check_address(teacher)
    except ValueError as error:
        raise ConfigError(f"--teacher: the address {error}") from None
    base_url = teacher.rstrip("/")
    if model is None and is_loopback(urllib.parse.urlsplit(base_url).hostname or ""):
        from evokd.teacher.served_models import served_models

        base_url, names = served_models(base_url)
        model = names[0] if len(names) == 1 else _chosen(names, ask)
    if model is None and ask is not None:
        model = ask(f"Name of the model at {base_url}", "")
    if not model:
        raise ConfigError(f"--teacher: {base_url} is not asked; name its model: --model NAME")
    return {"model": model, "base_url": base_url}


def _embedded(name: str, folder: Path) -> str:
    from evokd.store.models import known

    if is_model_path(name):
        return os.path.relpath(name, folder)
    if not name.startswith(HUB):
        known(name)
    return name


def _chosen(names: tuple[str, ...], ask: Ask | None) -> str:
    listed = ", ".join(map(harmless, names[:10])) + (", …" if len(names) > 10 else "")
    if ask is None:
        raise ConfigError(f"--teacher: the server has several models ({listed}); name one: --model")
    return ask(f"Which model ({listed})", names[0])
