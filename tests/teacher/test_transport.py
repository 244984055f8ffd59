"""Connections are kept for the next request, no more than are needed, and given up when dead."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import FAULTS, at
from tests.servers.rig import BRAIN, request, rigged


class Doorman(FakeChat):
    """Counts the connections, and can close those that are open."""

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        self.met: list[asyncio.StreamWriter] = []
        self.standing = 0

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.met.append(writer)
        self.standing += 1
        await super()._connection(reader, writer)
        self.standing -= 1

    def hang_up(self) -> None:
        for writer in self.met:
            self._loop.call_soon_threadsafe(writer.close)


async def test_requests_take_turns_on_the_same_connections(tmp_path: Path) -> None:
    with Doorman(BRAIN, delay_s=0.01) as server:
        async with rigged(tmp_path, server, concurrency=4) as rig:
            for start in (0, 20, 40):
                await rig.ask(*[request(start + number) for number in range(12)])
            assert rig.statuses() == ["ok"] * 36
            assert len(server.met) == server.most_busy == 4


@pytest.mark.parametrize("name", ["reset mid-body", "500", "huge number"])
async def test_a_fault_costs_at_most_its_own_connection(name: str, tmp_path: Path) -> None:
    with Doorman(BRAIN, at({2: FAULTS[name]})) as server:
        async with rigged(tmp_path, server, concurrency=1) as rig:
            await rig.ask(*[request(number) for number in range(8)])
            rig.balances_with(server)
            assert len(server.met) == 1 + name.startswith("reset")


async def test_a_connection_that_the_server_closed_is_not_used_again(tmp_path: Path) -> None:
    with Doorman(BRAIN) as server:
        async with rigged(tmp_path, server, concurrency=2) as rig:
            await rig.ask(request(1), request(2))
            server.hang_up()
            while server.standing:
                await asyncio.sleep(0.001)
            await rig.ask(request(3), request(4))
            assert rig.statuses() == ["ok"] * 4
            assert len(server.met) == 4
