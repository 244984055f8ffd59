"""What a list of models tells of an endpoint, whatever servers send for one."""

from __future__ import annotations

import httpx2
import pytest

from evokd.config import ConfigError, Endpoint, Teachers
from evokd.teacher.pool import TeacherPool
from evokd.teacher.presence import model_names
from tests.servers.brain import Brain
from tests.servers.fake_chat import FakeChat


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b'{"data": [{"id": "a"}, {"id": "b"}]}', ["a", "b"]),
        (b'[{"id": "a"}, 7, {"id": null}]', ["a"]),
        (b'{"data": null}', []),
        (b"<html>", []),
        (b"[" * 100_000, []),
        (b"7", []),
    ],
)
def test_names_on_a_list(body: bytes, names: list[str]) -> None:
    assert model_names(httpx2.Response(200, content=body)) == names


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        (("m",), False),
        (("models/m",), False),
        (("m:latest",), False),
        ((), False),
        (("mm",), True),
        (("a", "b", "c", "d"), True),
    ],
)
async def test_a_model_that_is_not_on_the_list(listed: tuple[str, ...], told: bool) -> None:
    with FakeChat(Brain(("a", "b")), models=listed) as server:
        pool = TeacherPool(Teachers(default=(Endpoint(model="m", base_url=server.url),)))
        await pool.check()
        await pool.close()
    assert [remark.startswith("teachers: m: 'm' is not on") for remark in pool.remarks] == (
        [True] if told else []
    )


async def test_all_are_asked_and_the_first_that_fails_is_named() -> None:
    with FakeChat(Brain(("a", "b"))) as good, FakeChat(Brain(("a", "b")), models_status=403) as bad:
        endpoints = [Endpoint(model=name, base_url=one.url) for name, one in
                     (("x", good), ("y", bad), ("z", good))]  # fmt: skip
        pool = TeacherPool(Teachers(default=tuple(endpoints)))
        with pytest.raises(ConfigError, match=r"teachers: y: .*refuses the key \(HTTP 403\)"):
            await pool.check()
        await pool.close()
        assert (len(good.asked), len(bad.asked)) == (2, 1)
