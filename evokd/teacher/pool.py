"""All teachers of a run: endpoints by role, each built once however many roles name it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, cast

from evokd.config import ROLES, ConfigError, Endpoint, Role, Teachers
from evokd.store.events import Listener
from evokd.teacher.embedded import embedded_server
from evokd.teacher.endpoint import Teacher
from evokd.teacher.presence import presence
from evokd.teacher.scripted import ScriptedTeacher

if TYPE_CHECKING:
    from evokd.teacher.batch.teacher import BatchTeacher
    from evokd.teacher.watched import WatchedTeacher


class TeacherPool:
    """Teachers by role.

    Raises:
        ConfigError: a key that is not set, embedded weights that are wrong or can't be loaded.
    """

    def __init__(self, config: Teachers) -> None:
        self._config = config
        self._built: dict[Endpoint, Teacher] = {}
        self.remarks: list[str] = []
        for role in ROLES:
            for endpoint in config.of(role):
                if endpoint not in self._built:
                    self._built[endpoint] = teacher_of(endpoint)

    def of(self, role: Role) -> tuple[Teacher, ...]:
        """Teachers of a role, in the order of the config."""
        return tuple(self._built[endpoint] for endpoint in self._config.of(role))

    async def check(self) -> None:
        """Ask each server for its list of models, all at once, which costs nothing.

        What the lists say of models that are not on them is kept in `remarks`.

        Raises:
            ConfigError: no server there, or the key is refused.
        """
        asked = [endpoint for endpoint in self._built if not endpoint.scripted]
        found = await asyncio.gather(
            *(presence(one, cast("WatchedTeacher", self._built[one])) for one in asked)
        )
        for endpoint, there in zip(asked, found, strict=True):
            if there.fault is not None:
                raise ConfigError(f"teachers: {endpoint.title}: {there.fault}")
            if there.remark is not None:
                self.remarks.append(f"teachers: {endpoint.title}: {there.remark}")

    def work_in(self, batches: Path, tell: Listener) -> None:
        """Before anything is asked: where batches are written down, and who hears of them."""
        for endpoint, teacher in self._built.items():
            if endpoint.batch is not None:
                cast("BatchTeacher", teacher).work_in(batches, tell)

    async def close(self) -> None:
        for teacher in self._built.values():
            await teacher.close()


def teacher_of(endpoint: Endpoint) -> Teacher:
    """What answers at an endpoint; the server of an embedded model is started.

    Raises:
        ConfigError: as `TeacherPool`.
    """
    if endpoint.scripted:
        return ScriptedTeacher(endpoint)
    if endpoint.batch is not None:
        from evokd.teacher.batch.teacher import BatchTeacher

        return BatchTeacher(endpoint, endpoint.batch)
    from evokd.teacher.chat import ChatTeacher  # a second of imports, and not every run needs them

    if endpoint.embedded:
        server = embedded_server(endpoint.embedded, endpoint.server)
        return ChatTeacher(endpoint, base_url=server.base_url)
    if endpoint.provider is not None:
        from evokd.teacher.providers.teacher import ProviderTeacher

        return ProviderTeacher(endpoint)
    return ChatTeacher(endpoint)
