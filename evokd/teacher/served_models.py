"""Which models a server has, by its own list, which costs nothing."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2

from evokd.config import ConfigError, Endpoint
from evokd.teacher.address import under
from evokd.teacher.chat import ChatTeacher
from evokd.teacher.transport import ReplyTooLarge

TIMEOUT = httpx2.Timeout(5.0)


def served_models(address: str) -> tuple[str, tuple[str, ...]]:
    """The `base_url` that a server answers at, and the names of its models.

    Args:
        address: Its `base_url`, or what stands before its `/v1`.

    Raises:
        ConfigError: nobody answers, or not with a list of models.
    """
    tried = [address] if address.rstrip("/").endswith("/v1") else [address, under(address, "v1")]
    said = ""
    for base_url in tried:
        answer = asyncio.run(_asked(base_url))
        names = _names(answer.content) if answer.status_code == 200 else ()
        if names:
            return base_url, names
        said = f"HTTP {answer.status_code}" if answer.status_code != 200 else "no list of models"
    raise ConfigError(
        f"--teacher: {' and '.join(tried)}: no list of models there ({said}); name one: --model"
    )


async def _asked(base_url: str) -> httpx2.Response:
    teacher = ChatTeacher(Endpoint(model="unknown", base_url=base_url))
    try:
        return await teacher.models(TIMEOUT)
    except (httpx2.HTTPError, httpx2.InvalidURL, ReplyTooLarge) as error:
        raise ConfigError(
            f"--teacher: nobody answers at {base_url} ({str(error) or type(error).__name__});"
            " start the server, or name its model: --model"
        ) from None
    finally:
        await teacher.close()


def _names(body: bytes) -> tuple[str, ...]:
    try:
        document: Any = json.loads(body)
        found = [one["id"] for one in document["data"]]
    except (ValueError, LookupError, TypeError):
        return ()
    return tuple(name for name in found if isinstance(name, str) and name.strip())
