"""All teachers of a run: endpoints by role, each built once however many roles name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import httpx2

from evokd.config import ROLES, ConfigError, Endpoint, Role, Teachers
from evokd.teacher.embedded import embedded_server
from evokd.teacher.endpoint import Teacher
from evokd.teacher.scripted import ScriptedTeacher
from evokd.teacher.transport import ReplyTooLarge

if TYPE_CHECKING:
    from evokd.teacher.chat import ChatTeacher

PROXY_REFUSES = 407


class TeacherPool:
    """Teachers by role.

    Raises:
        ConfigError: a key that is not set, embedded weights that are wrong or can't be loaded.
    """

    def __init__(self, config: Teachers) -> None:
        self._config = config
        self._built: dict[Endpoint, Teacher] = {}
        for role in ROLES:
            for endpoint in config.of(role):
                if endpoint not in self._built:
                    self._built[endpoint] = _build(endpoint)

    def of(self, role: Role) -> tuple[Teacher, ...]:
        """Teachers of a role, in the order of the config."""
        return tuple(self._built[endpoint] for endpoint in self._config.of(role))

    async def check(self) -> None:
        """Ask each remote server for its list of models, which costs nothing.

        Raises:
            ConfigError: no server there, or the key is refused.
        """
        for endpoint, teacher in self._built.items():
            if not endpoint.scripted:
                await _check(endpoint, cast("ChatTeacher", teacher))

    async def close(self) -> None:
        for teacher in self._built.values():
            await teacher.close()


def _build(endpoint: Endpoint) -> Teacher:
    if endpoint.scripted:
        return ScriptedTeacher(endpoint)
    from evokd.teacher.chat import ChatTeacher  # a second of imports, and not every run needs them

    if endpoint.embedded:
        server = embedded_server(endpoint.embedded, endpoint.server)
        return ChatTeacher(endpoint, base_url=server.base_url)
    return ChatTeacher(endpoint)


async def _check(endpoint: Endpoint, teacher: ChatTeacher) -> None:
    proxy = teacher.proxy
    way = f" through the proxy that {proxy.variable} names" if proxy else ""
    try:
        answer = await teacher.models(min(endpoint.timeout_s, 15))
    except ReplyTooLarge:
        return  # somebody is there
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        reason = str(error) or type(error).__name__
        raise ConfigError(
            f"teachers: {endpoint.title}: nobody answers at {teacher.base_url}{way} ({reason})"
        ) from None
    if answer.status_code == PROXY_REFUSES and proxy:
        raise ConfigError(
            f"teachers: {endpoint.title}: the proxy that {proxy.variable} names wants to know who"
            " asks (HTTP 407); expected http://user:password@host:port"
        )
    if answer.status_code in (401, 403):
        raise ConfigError(
            f"teachers: {endpoint.title}: {teacher.base_url} refuses the key{way}"
            f" (HTTP {answer.status_code}); set `api_key_env` to the variable that holds a good one"
        )
