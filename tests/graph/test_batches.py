"""Whole runs whose teacher is asked by batches: the same result, the same books, half the price."""

from __future__ import annotations

import json
import os
import signal
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from evokd.config import Config, ConfigError
from evokd.store.event_log import read_events
from evokd.store.events import Batched
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.task import load_task
from graph.checking.endpoints import look_at_endpoints
from graph.driving import Outcome
from graph.methods import method_of
from graph.plan import make_plan
from graph.session import check, resume, start
from prompts.pack import Pack
from tests.graph.methods.test_pool import rows as pool_rows
from tests.graph.test_resume import nothing_twice, wait_for
from tests.servers.audit import audit, books, calls, same_result, statuses
from tests.servers.child import run_in_child
from tests.servers.fake_batches import ApiFault, FakeBatch, FakeBatches, always
from tests.servers.fake_chat import FakeChat, Reaction
from tests.servers.mischief import RETRIED, sometimes
from tests.servers.runs import BRAIN, settings

pytestmark = pytest.mark.usefixtures("quick")
BATCH = "teachers.default.batch={poll_s: 0.05, gather_s: 0.1}"
PRICE = "teachers.default.price={prompt: 10, completion: 30}"


def zerogen(shared: Path, url: str, *more: str) -> Config:
    return settings(shared, url, "method=zerogen", PRICE, *more)


@pytest.fixture(scope="module")
def one_by_one(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run without batches."""
    run = tmp_path_factory.mktemp("one-by-one") / "run"
    with pytest.MonkeyPatch.context() as patch, FakeChat(BRAIN) as server:
        patch.setenv("EVOKD_FAKE_KEY", "sk-fake-0123456789abcdef")
        assert start(zerogen(shared, server.url), run).status == "done"
    return run


def test_a_run_by_batches_is_the_same_run_at_half_the_price(
    shared: Path, tmp_path: Path, one_by_one: Path
) -> None:
    run = tmp_path / "run"
    with FakeBatches(BRAIN) as server:
        assert start(zerogen(shared, server.url, BATCH), run) == Outcome("done", "2 rounds done")
        audit(run, server.bill)
    same_result(run, one_by_one)
    assert len(server.batches) == 2, "one a round"
    whole, half = (books(one)["billed"]["usd"] for one in (one_by_one, run))
    assert half == pytest.approx(whole / 2)
    told = [event for event in read_events(RunDir.open(run).events) if isinstance(event, Batched)]
    assert [event.batch for event in told if event.status == "completed"] == ["batch_1", "batch_2"]
    assert {event.node for event in told} == {"writer"}


def test_faults_cost_retries_alone(shared: Path, tmp_path: Path, one_by_one: Path) -> None:
    run = tmp_path / "run"
    with FakeBatches(BRAIN, sometimes(0.4, 3, list(RETRIED.values()))) as server:
        config = zerogen(shared, server.url, BATCH, "teachers.default.retries=12")
        assert start(config, run).status == "done"
        audit(run, server.bill)
    assert statuses(run)["error"] > 0
    same_result(run, one_by_one)


@pytest.mark.parametrize("heard", [True, False], ids=["while it waits", "before it hears of it"])
def test_killed_with_a_batch_out(
    heard: bool, shared: Path, tmp_path: Path, one_by_one: Path
) -> None:
    run = tmp_path / "run"
    target: list[ForkServerProcess] = []

    def kill(*_: object) -> None:
        pid = target[0].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def at_the_second(batch: FakeBatch) -> None:
        if len(server.batches) == 2 and not heard:
            kill()

    def at_a_look(kind: str, number: int) -> None:
        if heard and kind == "look" and len(server.batches) == 2:
            kill()

    with FakeBatches(BRAIN, api=at_a_look, looks=2) as server:
        server.on_made = at_the_second
        target.append(run_in_child(zerogen(shared, server.url, BATCH), run))
        assert wait_for(target[0]) == -signal.SIGKILL
        assert statuses(run)["open"] > 0
        named = [row.get("batch") for row in read_lines(run / "batches.jsonl")]
        assert ("batch_2" in named) == heard
        server.api = lambda kind, number: None
        assert resume(run) == Outcome("done", "2 rounds done")
        audit(run, server.bill)  # no row was left open, none is there twice
    assert len(server.batches) == 2 and set(server.lines.values()) == {1}
    nothing_twice(run)
    same_result(run, one_by_one)


def test_interrupted_twice_the_batch_goes_on(
    shared: Path, tmp_path: Path, one_by_one: Path
) -> None:
    run = tmp_path / "run"
    target: list[ForkServerProcess] = []

    def interrupt(kind: str, number: int) -> None:
        if kind == "look" and number in (2, 4):
            pid = target[0].pid
            assert pid is not None
            os.kill(pid, signal.SIGINT)

    with FakeBatches(BRAIN, api=interrupt, looks=10**9) as server:
        target.append(run_in_child(zerogen(shared, server.url, BATCH), run))
        assert wait_for(target[0]) == 130
        assert RunDir.open(run).run()["status"] == "interrupted"
        assert set(statuses(run)) == {"open"}
        server.looks, server.api = 1, lambda kind, number: None
        assert resume(run).status == "done"
        audit(run, server.bill)
    assert len(server.batches) == 2
    same_result(run, one_by_one)


def test_a_round_of_the_pool_is_labelled_by_a_batch(shared: Path, tmp_path: Path) -> None:
    lines = "".join(f"{json.dumps(row)}\n" for row in pool_rows())
    (shared / "pool.jsonl").write_text(lines, encoding="utf-8")
    more = ("method=pool", "task.data.pool=pool.jsonl", "loop.switches.critic=false")
    run = tmp_path / "run"
    with FakeBatches(BRAIN) as server:
        assert start(settings(shared, server.url, BATCH, *more), run).status == "done"
        audit(run, server.bill)
    assert len(server.batches) == 2, "one a round"
    assert {call.agent for call in calls(run)} == {"labeler"}


def test_paraphrases_are_one_batch_and_the_loop_is_not(shared: Path, tmp_path: Path) -> None:
    own = BATCH.replace("default.batch=", "paraphraser={model: fake, base_url: URL, batch: ") + "}"
    run = tmp_path / "run"
    with FakeBatches(BRAIN) as server, FakeChat(BRAIN) as chat:
        more = ("method=evokd_init", own.replace("URL", server.url), "loop.rounds=1")
        assert start(settings(shared, chat.url, *more), run).status == "done"
        asked = {call.agent for call in calls(run)}
        assert books(run)["billed"]["calls"] == server.bill.requests + chat.bill.requests
    assert len(server.batches) == 1 and {"paraphraser", "labeler"} <= asked


REFUSED: list[tuple[list[str], str]] = [
    (["method=evokd"], "leave it out"),
    (["method=evokd_init"], "`teachers.paraphraser` alone"),
    (["method=attrprompt"], "`teachers.writer` alone"),
    (["method=llm2llm", "student.update=retrain"], "leave it out"),
]


@pytest.mark.parametrize(("more", "instead"), REFUSED)
def test_who_waits_for_turns_is_refused(more: list[str], instead: str, shared: Path) -> None:
    with pytest.raises(ConfigError, match="waits for the turns of") as refused:
        check(settings(shared, "http://127.0.0.1:1/v1", BATCH, *more))
    assert instead in str(refused.value)


@pytest.mark.parametrize("name", ["zerogen", "sungen", "progen", "auggpt"])
def test_who_has_none_may_wait(name: str, shared: Path) -> None:
    method = method_of(settings(shared, "http://127.0.0.1:1/v1", BATCH, f"method={name}"))
    assert any("waits for a batch" in text for text in method.remarks())


def test_the_plan_counts_half_the_price(shared: Path) -> None:
    def usd(*more: str) -> float:
        config = zerogen(shared, "http://127.0.0.1:1/v1", *more)
        course = make_plan(config, load_task(config.task), Pack.of(config), brief=True).course
        assert course is not None and course.total.usd is not None
        return course.total.usd

    assert usd(BATCH) == pytest.approx(usd() / 2)


def test_a_budget_in_usd_reaches_twice_as_far(shared: Path, tmp_path: Path) -> None:
    more = ("loop.rounds=null", "budget={tokens: null, usd: 0.02}")
    with FakeBatches(BRAIN) as server, FakeChat(BRAIN) as chat:
        start(zerogen(shared, chat.url, *more), tmp_path / "whole")
        start(zerogen(shared, server.url, BATCH, *more), tmp_path / "half")
        audit(tmp_path / "half", server.bill)
    whole, half = (books(tmp_path / name)["billed"] for name in ("whole", "half"))
    assert half["usd"] <= 0.02
    assert half["prompt_tokens"] > 1.5 * whole["prompt_tokens"]


def test_the_check_says_who_has_no_batch_api(shared: Path) -> None:
    config = zerogen(shared, "http://127.0.0.1:1/v1", BATCH)
    nothing = ApiFault(Reaction(404, body=b'{"detail": "Not Found"}'))
    with FakeBatches(BRAIN) as server, FakeBatches(BRAIN, api=always(["list"], nothing)) as other:
        endpoints = [
            config.teachers.default[0].model_copy(update={"base_url": one.url})
            for one in (server, other)
        ]
        good, bad = look_at_endpoints(endpoints)
    assert good.state == "ok"
    assert bad.state == "failed" and bad.by_endpoint and "leave `batch` out" in bad.text
