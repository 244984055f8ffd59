"""A rig at a stand-in of one provider's protocol."""

from __future__ import annotations

import contextlib
import importlib.util
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from evokd.config.providers import PROVIDERS
from tests.servers.brain import Brain
from tests.servers.fake_chat import FakeChat, Mischief, Plan, Reaction, Served
from tests.servers.protocols import KEY, KEY_NAME, PROTOCOLS
from tests.servers.rig import BRAIN, Rig


def needs(name: str) -> None:
    """Skip where the extra of a protocol is not installed."""
    provider = PROVIDERS[name]
    if importlib.util.find_spec(provider.module) is None:
        pytest.skip(f"{name}: not installed; pip install 'evokd[{provider.extra}]'")


@contextlib.asynccontextmanager
async def provided(
    name: str,
    folder: Path,
    plan: Plan = lambda _: None,
    brain: Brain = BRAIN,
    **endpoint: Any,
) -> AsyncIterator[tuple[FakeChat, Rig]]:
    """The stand-in and a rig at it; the key stands in the environment."""
    needs(name)
    protocol = PROTOCOLS[name]
    with pytest.MonkeyPatch.context() as patch, FakeChat(brain, plan, protocol=protocol) as server:
        patch.setenv(KEY_NAME, KEY)
        more = protocol.endpoint(server.url) | {"api_key_env": KEY_NAME} | endpoint
        rig = Rig(folder, server.url, **{"timeout_s": 30.0, **more})
        try:
            yield server, rig
        finally:
            await rig.close()


def answered(body: Any, usage: tuple[int, int] | None = None, code: int = 200) -> Plan:
    """Every answer is this body, in the protocol's own words."""

    def react(payload: Any, answer: Any, served: Served) -> Reaction:
        return Reaction(code, body=json.dumps(body).encode(), usage=usage, own=True)

    return lambda _: react


def refusing(there: Callable[[Mapping[str, Any]], bool], body: Any, code: int = 400) -> Plan:
    """Refuses, with a body of the protocol's own, the requests that hold something."""

    def react(payload: Any, answer: Any, served: Served) -> Reaction:
        return Reaction(code, body=json.dumps(body).encode(), own=True)

    def plan(served: Served) -> Mischief | None:
        return react if there(served.sent) else None

    return plan
