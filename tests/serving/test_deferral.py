"""The teacher behind the student: its books, its rows, and all that can go wrong with it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from evokd.config import Config, ConfigError, load_config
from evokd.serving.deferral import IN_TIME, Deferral
from evokd.serving.metrics import Metrics
from evokd.serving.teacher_books import open_books
from evokd.tasks.task import load_task
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import FAULTS, every, slow, sometimes, status
from tests.serving.teacher import BRAIN, balances, books, kept, teacher_config
from tests.student.tiny import easy_rows


@contextlib.asynccontextmanager
async def opened(
    config: Config, out: Path, metrics: Metrics | None = None, close_s: float = 10
) -> AsyncIterator[Deferral]:
    with open_books(out, config) as found:
        found.metering.backoff_s = 0.001
        deferral = Deferral(config, found, metrics or Metrics())
        try:
            await deferral.open()
            yield deferral
        finally:
            await deferral.close(close_s)


async def test_labels_are_booked_and_kept(tmp_path: Path) -> None:
    texts = ["a positive lid", "so negative\u2028a lamp", "positive 😀"]
    with FakeChat(BRAIN) as server:
        config, metrics = teacher_config(tmp_path, server.url), Metrics()
        async with opened(config, tmp_path / "out", metrics) as deferral:
            found = await deferral.ask(texts, 10)
        assert [one.label for one in found] == ["positive", "negative", "positive"]
        balances(tmp_path / "out", server)
    rows = kept(tmp_path / "out")
    assert [(row["text"], row["label"]) for row in rows] == [
        *zip(texts, ["positive", "negative", "positive"], strict=True)
    ]
    assert all(row["evokd"]["calls"] for row in rows)
    assert metrics.rows.value(outcome="kept") == 3
    assert metrics.deferred.value(outcome="labelled") == 3


async def test_the_rows_are_train_data(tmp_path: Path) -> None:
    async with opened(teacher_config(tmp_path, None), tmp_path / "out") as deferral:
        await deferral.ask(["a positive lid", "so negative\u2028a lamp", "negative\n\tlines"], 10)
    rows = tmp_path / "out" / "rows.jsonl"
    config = load_config(tmp_path / "teacher.yaml", [f"task.data.train={rows}"])
    assert [(row.text, row.label) for row in load_task(config.task).train] == [
        ("a positive lid", "positive"),
        ("so negative\u2028a lamp", "negative"),
        ("negative\n\tlines", "negative"),
    ]


async def test_a_text_is_paid_for_once(tmp_path: Path) -> None:
    with FakeChat(BRAIN, delay_s=0.05) as server:
        config, metrics = teacher_config(tmp_path, server.url), Metrics()
        async with opened(config, tmp_path / "out", metrics) as deferral:
            text = ["a positive lid"]
            many = await asyncio.gather(*(deferral.ask(text, 10) for _ in range(5)))
            assert {one.label for [one] in many} == {"positive"}
            assert [one.label for one in await deferral.ask(text * 2, 10)] == ["positive"] * 2
        async with opened(config, tmp_path / "out") as deferral:  # another process, later
            assert [one.label for one in await deferral.ask(text, 10)] == ["positive"]
        assert server.bill.requests == 1
        assert metrics.deferred.value(outcome="known") == 2
    assert len(kept(tmp_path / "out")) == 1


async def test_a_spent_budget_is_said(tmp_path: Path) -> None:
    with FakeChat(BRAIN) as server:
        config = teacher_config(tmp_path, server.url, budget={"calls": 1, "tokens": None})
        async with opened(config, tmp_path / "out") as deferral:
            [first] = await deferral.ask(["a positive lid"], 10)
            assert first.label == "positive" and deferral.spent is None
            [second] = await deferral.ask(["a negative lid"], 10)
            assert (second.label, second.reason) == (None, "budget.calls is reached")
            assert deferral.spent == "budget.calls is reached"
        async with opened(config, tmp_path / "out") as deferral:  # it stays spent
            [third] = await deferral.ask(["a negative lid"], 10)
            assert third.reason == "budget.calls is reached"
        assert server.bill.requests == 1
        balances(tmp_path / "out", server)


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_goes_wrong_is_in_the_books(tmp_path: Path, seed: int) -> None:
    texts = [f"lid number {n}, {'positive' if n % 2 else 'negative'}" for n in range(40)]
    # a request that is never answered has a test of its own: on a busy machine a short time-out
    # also hits those that are
    faults = [fault for name, fault in FAULTS.items() if name != "timeout"]
    with FakeChat(BRAIN, sometimes(0.4, seed, faults)) as server:
        endpoint = {"timeout_s": 60.0, "retries": 4}
        config = teacher_config(tmp_path, server.url, endpoint, budget={"tokens": 10**9})
        async with opened(config, tmp_path / "out") as deferral:
            parts = [texts[at : at + 4] for at in range(0, 40, 4)]
            found = await asyncio.gather(*(deferral.ask(part, 60) for part in parts))
        balances(tmp_path / "out", server)
    said = [one for part in found for one in part]
    assert all((one.label is None) != (one.reason is None) for one in said)
    labelled = {text: one.label for text, one in zip(texts, said, strict=True) if one.label}
    assert len(labelled) > 10
    assert {row["text"]: row["label"] for row in kept(tmp_path / "out")} == labelled


async def test_a_late_answer_is_kept_for_the_next_time(tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, slow(0.5))) as server:
        config = teacher_config(tmp_path, server.url)
        async with opened(config, tmp_path / "out") as deferral:
            [late] = await deferral.ask(["a positive lid"], 0.05)
            assert (late.label, late.reason) == (None, IN_TIME)
            assert deferral.waiting == 1
            [again] = await deferral.ask(["a positive lid"], 10)
            assert again.label == "positive" and deferral.waiting == 0
        assert server.bill.requests == 1
        balances(tmp_path / "out", server)


async def test_a_teacher_that_is_down_is_left_alone(tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, status(401))) as server:
        config = teacher_config(tmp_path, server.url)
        async with opened(config, tmp_path / "out") as deferral:
            [first] = await deferral.ask(["a positive lid"], 10)
            [second] = await deferral.ask(["a negative lid"], 10)
        assert first.label is None and "the teacher is down" in str(first.reason)
        assert second == first
        assert server.bill.requests == 1
        balances(tmp_path / "out", server)


async def test_a_held_out_text_is_answered_and_never_kept(tmp_path: Path) -> None:
    metrics = Metrics()
    async with opened(teacher_config(tmp_path, None), tmp_path / "out", metrics) as deferral:
        held_out = easy_rows()[10].text.upper()  # equal after normalisation
        [found] = await deferral.ask([held_out], 10)
        assert found.label is not None
    assert kept(tmp_path / "out") == []
    assert metrics.rows.value(outcome="held_out") == 1


async def test_a_row_that_cannot_be_written_is_said_to_be_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics()
    async with opened(teacher_config(tmp_path, None), tmp_path / "out", metrics) as deferral:
        await deferral.ask(["a positive lid"], 10)
        before = kept(tmp_path / "out")

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        [found] = await deferral.ask(["a negative lid"], 10)
        monkeypatch.undo()
        assert found.label == "negative"
        assert metrics.rows.value(outcome="lost") == 1
        assert kept(tmp_path / "out") == before
        [again] = await deferral.ask(["a negative lid"], 10)  # free: out of the journal
        assert again.label == "negative"
    assert [row["label"] for row in kept(tmp_path / "out")] == ["positive", "negative"]
    assert books(tmp_path / "out")["replayed_calls"] == 1


async def test_a_stop_waits_and_then_books_what_it_leaves(tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, slow(5))) as server:
        config = teacher_config(tmp_path, server.url)
        async with opened(config, tmp_path / "out", close_s=0.1) as deferral:
            [late] = await deferral.ask(["a positive lid"], 0.2)
            assert late.reason == IN_TIME
        document = books(tmp_path / "out")
        assert document["open_calls"] == 0
        assert document["billed"]["calls"] == server.bill.requests == 1
        assert document["estimated_calls"] == 1


async def test_one_process_a_folder_and_no_run(tmp_path: Path) -> None:
    config = teacher_config(tmp_path, None)
    with (
        open_books(tmp_path / "out", config),
        pytest.raises(ConfigError, match="another process"),
        open_books(tmp_path / "out", config),
    ):
        pass
    other = config.model_copy(
        update={"task": config.task.model_copy(update={"labels": {"a": "", "b": ""}})}
    )
    with pytest.raises(ConfigError, match="another task"), open_books(tmp_path / "out", other):
        pass
    about = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    (tmp_path / "out" / "run.json").write_text(json.dumps(about | {"status": "done"}))
    with pytest.raises(ConfigError, match="is a run"), open_books(tmp_path / "out", config):
        pass
    with pytest.raises(ConfigError, match="is not empty"), open_books(tmp_path, config):
        pass


async def test_several_labelers_vote(tmp_path: Path) -> None:
    labelers = [{"scripted": True}, {"scripted": True, "directive": "Be strict."}]
    config = teacher_config(
        tmp_path, None, teachers={"default": {"scripted": True}, "labeler": labelers}
    )
    async with opened(config, tmp_path / "out") as deferral:
        [found] = await deferral.ask(["a positive lid"], 10)
    assert found.label == "positive"
    assert books(tmp_path / "out")["billed"]["calls"] == 2
    assert len(kept(tmp_path / "out")[0]["evokd"]["calls"]) == 2
