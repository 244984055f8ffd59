"""The teachers' endpoints: is the file right, the key set, somebody there. Nothing is spent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from evokd.config import Config, ConfigError, Endpoint, ServerConfig
from evokd.store.models import TEACHERS, loadable
from evokd.teacher.embedded import check_context
from evokd.teacher.pool import teacher_of
from evokd.teacher.presence import Presence, presence
from graph.checking.finding import Finding
from graph.methods import method_of

if TYPE_CHECKING:
    from evokd.teacher.watched import WatchedTeacher


_SAID = {
    "seed": "seed (no reply can be had again)",
    "n": "n (completions are asked for one by one)",
}
"""What a run loses with a parameter."""


def endpoints_of(config: Config) -> tuple[Endpoint, ...]:
    """The endpoints of the roles that the config's method asks, each once."""
    asked = (one for role in method_of(config).roles for one in config.teachers.of(role))
    return tuple(dict.fromkeys(asked))


def look_at_endpoints(endpoints: Iterable[Endpoint]) -> list[Finding]:
    """A finding for each, all servers asked at once; no embedded model is loaded."""

    async def all_of_them() -> list[Finding]:
        return list(await asyncio.gather(*map(_look, endpoints)))

    return asyncio.run(all_of_them())


async def _look(endpoint: Endpoint) -> Finding:
    what = f"endpoint {endpoint.title}"
    try:
        if endpoint.scripted:
            return Finding(what, "ok", "answers from this process, and thinks nothing")
        if endpoint.embedded is not None:
            return Finding(what, "ok", _file(endpoint.embedded, endpoint.server))
        found = _told(what, await _presence(endpoint))
        told = "" if found.state == "failed" else _without(endpoint)
        return replace(found, text=f"{found.text}{told}")
    except ConfigError as error:
        return Finding(what, "failed", str(error))


async def _presence(endpoint: Endpoint) -> Presence:
    teacher = teacher_of(endpoint)
    try:
        return await presence(endpoint, cast("WatchedTeacher", teacher))
    finally:
        await teacher.close()


def _told(what: str, there: Presence) -> Finding:
    if there.fault is not None:
        return Finding(what, "failed", f"teachers: {there.fault}", by_endpoint=True)
    if there.remark is not None:
        return Finding(what, "warning", f"{there.address}: teachers: {there.remark}")
    if there.listed:
        return Finding(what, "ok", f"{there.address} has it; {there.listed} on its list of models")
    return Finding(what, "ok", f"{there.address} answers, but shows no list of models")


def _without(endpoint: Endpoint) -> str:
    """What its protocol has not, which requests to it then go without."""
    if not endpoint.lacks:
        return ""
    names = [_SAID.get(name, name) for name in sorted(endpoint.lacks)]
    return f"; without {', '.join(names)}: its protocol has none"


def _file(reference: str, server: ServerConfig | None) -> str:
    """Where the file lies, once it has proved right."""
    path = loadable(reference)
    check_context(reference, server or ServerConfig())
    known = "SHA-256 as expected" if reference in TEACHERS else "a GGUF with a chat template"
    return f"{path}: {known}"
