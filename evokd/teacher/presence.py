"""Whether an endpoint is there, by its list of models: `GET …/models`, which costs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import httpx2

from evokd.config import Endpoint
from evokd.config.nearest import did_you_mean
from evokd.teacher.transport import ReplyTooLarge

if TYPE_CHECKING:
    from evokd.teacher.batch.teacher import BatchTeacher
    from evokd.teacher.watched import WatchedTeacher

PROXY_REFUSES = 407
ANSWER_S, CONNECT_S = 15.0, 4.0
"""Seconds to wait for the list, and for somebody to take the call: who is there does so at once."""


@dataclass(frozen=True, slots=True)
class Presence:
    """What the list of models told of one endpoint."""

    address: str
    fault: str | None = None
    """Why it can't be worked with, and what to do; None: somebody is there."""
    listed: int = 0
    """Models on the list; 0: there is no list, or none that can be read."""
    remark: str | None = None
    """Its model is not on the list. Some servers answer to names that they don't list."""


async def presence(endpoint: Endpoint, teacher: WatchedTeacher) -> Presence:
    """Ask the server of a remote endpoint for its list of models."""
    proxy, address = teacher.proxy, teacher.base_url
    way = f" through the proxy that {proxy.variable} names" if proxy else ""
    within = min(endpoint.timeout_s, ANSWER_S)
    try:
        answer = await teacher.models(httpx2.Timeout(within, connect=min(within, CONNECT_S)))
    except ReplyTooLarge:
        return Presence(address)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        reason = str(error) or type(error).__name__
        return Presence(address, f"nobody answers at {address}{way} ({reason})")
    status = answer.status_code
    if status == PROXY_REFUSES and proxy:
        return Presence(
            address,
            f"the proxy that {proxy.variable} names wants to know who asks (HTTP 407); expected"
            " http://user:password@host:port",
        )
    if status in (401, 403) or teacher.refuses_key(answer):
        return Presence(
            address,
            f"{address} refuses the key{way} (HTTP {status}); set `api_key_env` to the variable"
            " that holds a good one",
        )
    if endpoint.batch is not None:
        missing = await cast("BatchTeacher", teacher).missing()
        if missing is not None:
            return Presence(address, missing)
    names = model_names(answer) if status == 200 else []
    return Presence(address, None, len(names), _unlisted(endpoint, names))


def model_names(answer: httpx2.Response) -> list[str]:
    """The names on a list of models; none where the answer is no such list."""
    try:
        body: Any = answer.json()
    except (ValueError, RecursionError):
        return []
    rows = body.get("data", body.get("models")) if isinstance(body, dict) else body
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    ids = [row.get("id", row.get("name")) for row in rows]
    return [name for name in ids if isinstance(name, str)]


def _unlisted(endpoint: Endpoint, names: list[str]) -> str | None:
    """Google lists `models/NAME`, Ollama `NAME:latest`; both answer to the bare name.

    Azure lists models, and is asked by the names of deployments.
    """
    model = endpoint.name
    if endpoint.model is None or endpoint.azure is not None or not names:
        return None
    if {model, f"models/{model}", f"{model}:latest"} & set(names):
        return None
    few = f" ({', '.join(names)})" if len(names) <= 3 else f" of {len(names)} models"
    return (
        f"{model!r} is not on the server's list{few}: `evokd check CONFIG --probe` tells whether"
        f" it answers all the same{did_you_mean(model, names)}"
    )
