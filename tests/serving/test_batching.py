from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from evokd.serving.batching import Batcher, Verdicts
from evokd.serving.limits import Limits
from evokd.serving.refusal import Refusal
from student.results import Prediction


class FakeStudent:
    """Answers each text with itself; can be held up, and chokes on `bad`."""

    def __init__(self) -> None:
        self.passes: list[list[str]] = []
        self.threads: set[int] = set()
        self.entered, self.go = threading.Event(), threading.Event()
        self.go.set()

    def verdicts(self, texts: Sequence[str]) -> Verdicts:
        self.entered.set()
        assert self.go.wait(60)
        self.passes.append(list(texts))
        self.threads.add(threading.get_ident())
        if "bad" in texts:
            raise RuntimeError("choked")
        return [Prediction(text, 0.5, 0.75) for text in texts], [f"log {text}" for text in texts]


async def held(student: FakeStudent, batcher: Batcher) -> asyncio.Task[Verdicts]:
    """A request that keeps the thread at work until `student.go` is set."""
    student.go.clear()
    first = asyncio.create_task(batcher.ask(["first"]))
    assert await asyncio.to_thread(student.entered.wait, 60)
    return first


def started(student: FakeStudent, **limits: float) -> Batcher:
    batcher = Batcher(student.verdicts, Limits(**{"wait_ms": 1, **limits}))  # type: ignore[arg-type]
    batcher.start()
    return batcher


async def test_requests_that_wait_share_a_pass() -> None:
    student = FakeStudent()
    batcher = started(student, batch=4)
    first = await held(student, batcher)
    asked = [asyncio.create_task(batcher.ask([f"{n}a", f"{n}b"])) for n in range(3)]
    await asyncio.sleep(0.02)
    assert batcher.waiting == 6
    student.go.set()
    found = await asyncio.gather(first, *asked)
    await batcher.stop()
    assert student.passes == [["first"], ["0a", "0b", "1a", "1b"], ["2a", "2b"]]
    assert [one.label for one in found[2][0]] == ["1a", "1b"]
    assert found[2][1] == ["log 1a", "log 1b"]
    assert len(student.threads) == 1 and threading.get_ident() not in student.threads


async def test_it_waits_for_company_and_no_longer() -> None:
    student = FakeStudent()
    batcher = started(student, batch=3, wait_ms=1000)
    asked = []
    for n in range(4):
        asked.append(asyncio.create_task(batcher.ask([str(n)])))
        await asyncio.sleep(0.005)
    await asyncio.gather(*asked)
    await batcher.stop()
    assert [len(one) for one in student.passes] == [3, 1]


async def test_a_request_larger_than_a_batch_goes_by_itself() -> None:
    student = FakeStudent()
    batcher = started(student, batch=2, max_texts=5)
    verdicts, _ = await batcher.ask(list("abcde"))
    await batcher.stop()
    assert [one.label for one in verdicts] == list("abcde") and len(student.passes) == 1


async def test_no_room_is_said_and_when_to_come_again() -> None:
    student = FakeStudent()
    batcher = started(student, queue=3, max_texts=3)
    first = await held(student, batcher)
    waits = asyncio.create_task(batcher.ask(["a", "b"]))
    await asyncio.sleep(0)
    with pytest.raises(Refusal, match="2 texts wait already, there is no room for 2 more") as full:
        await batcher.ask(["c", "d"])
    assert full.value.status == 503
    assert int(full.value.response().headers["retry-after"]) >= 1
    student.go.set()
    assert (await waits)[0][1].label == "b"
    await first
    await batcher.stop()


async def test_one_bad_text_costs_its_own_request() -> None:
    student = FakeStudent()
    batcher = started(student)
    first = await held(student, batcher)
    asked = [asyncio.create_task(batcher.ask([name])) for name in ("a", "bad", "b")]
    await asyncio.sleep(0)
    student.go.set()
    await first
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(found[1], RuntimeError)
    assert [one[0][0].label for one in found if not isinstance(one, BaseException)] == ["a", "b"]
    assert batcher.alive
    await batcher.stop()


async def test_who_stops_waiting_is_passed_over() -> None:
    student = FakeStudent()
    batcher = started(student)
    first = await held(student, batcher)
    gone, stays = (asyncio.create_task(batcher.ask([name])) for name in ("gone", "stays"))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    student.go.set()
    await asyncio.gather(first, stays)
    await batcher.stop()
    assert student.passes == [["first"], ["stays"]]


async def test_a_stop_answers_what_waits_and_takes_nothing_more() -> None:
    student = FakeStudent()
    batcher = started(student)
    first = await held(student, batcher)
    waits = asyncio.create_task(batcher.ask(["waits"]))
    await asyncio.sleep(0)
    stopping = asyncio.create_task(batcher.stop())
    await asyncio.sleep(0.01)
    with pytest.raises(Refusal, match="stopping"):
        await batcher.ask(["late"])
    assert not batcher.alive
    student.go.set()
    assert (await waits)[0][0].label == "waits"
    await first
    await stopping
    with pytest.raises(Refusal):
        await batcher.ask(["later"])
