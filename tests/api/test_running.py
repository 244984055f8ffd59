"""Runs from Python: blocking, on a loop, stopped, taken up again, failed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import evokd
from evokd.store.events import Event

ROOT = Path(__file__).parents[2]


def test_a_mapping_with_changes_runs_relative_to_the_current_directory(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(config.parent)
    raw = yaml.safe_load(config.read_text(encoding="utf-8"))
    heard: list[str] = []
    run = evokd.run(
        raw,
        out=tmp_path / "run",
        set={"loop.rounds": 1, "name": "evo"},
        on_event=lambda event: heard.append(event.type),
    )
    assert (run.status, run.name, run.reason) == ("done", "evo", "1 rounds done")
    assert (heard[0], heard[-1]) == ("begun", "stopped")
    assert raw["loop"]["rounds"] == 2  # the caller's mapping is as it was
    again = evokd.run(run.config, out=tmp_path / "again", set=["seed=2"])
    assert again.config["seed"] == 2


def test_a_refused_config_leaves_nothing_behind(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(evokd.ConfigError, match="method: expected one of"):
        evokd.run(config, set={"method": "evo"})
    with pytest.raises(evokd.ConfigError, match=r"loop\.round: unknown field"):
        evokd.run(config, set={"loop.round": 1})
    assert not list(tmp_path.glob("runs/*"))


async def test_a_budget_that_buys_no_row_is_refused_before_the_warm_up(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(evokd.ConfigError, match=r"budget\.tokens: 60 does not reach"):
        await evokd.arun(config, set={"budget.tokens": 60})
    assert not list((tmp_path / "runs").glob("*"))


async def test_it_works_on_a_loop_that_runs(config: Path, tmp_path: Path) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    clock = asyncio.create_task(tick())
    run = await evokd.arun(config, out=tmp_path / "run")
    clock.cancel()
    assert run.status == "done"
    assert ticks > 5  # training did not hold the loop


async def test_the_blocking_call_works_there_too(config: Path, tmp_path: Path) -> None:
    assert evokd.run(config, out=tmp_path / "run").status == "done"
    with pytest.raises(evokd.ConfigError, match="is not empty"):
        evokd.run(config, out=tmp_path / "run")


async def test_a_cancelled_run_ends_in_order_and_goes_on(config: Path, tmp_path: Path) -> None:
    def hear(event: Event) -> None:
        if event.type == "scored":
            task.cancel()

    task = asyncio.create_task(evokd.arun(config, out=tmp_path / "run", on_event=hear))
    with pytest.raises(asyncio.CancelledError):
        await task
    run = evokd.load(tmp_path / "run")
    assert run.status == "interrupted"
    assert [line["round"] for line in run.to_dicts("metrics")] == [0]
    done = await evokd.aresume(tmp_path / "run")
    assert [line["round"] for line in done.to_dicts("metrics")] == [0, 1, 2]
    assert evokd.resume(tmp_path / "run").status == "done"  # left alone
    more = await evokd.aresume(tmp_path / "run", set={"loop.rounds": 3})
    assert [line["round"] for line in more.to_dicts("metrics")] == [0, 1, 2, 3]
    with pytest.raises(evokd.ConfigError, match="takes new limits alone"):
        await evokd.aresume(tmp_path / "run", set={"seed": 2})


def test_ctrl_c_ends_it_in_order(config: Path, tmp_path: Path) -> None:
    def hear(event: Event) -> None:
        if event.type == "scored":
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(evokd.Interrupted, match=r"evokd\.resume") as caught:
        evokd.run(config, out=tmp_path / "run", on_event=hear)
    assert isinstance(caught.value, KeyboardInterrupt)
    assert evokd.load(caught.value.directory).status == "interrupted"


def test_a_failed_run_says_why(config: Path, tmp_path: Path) -> None:
    changes: dict[str, Any] = {"student.lr": 1e30}  # diverges
    with pytest.raises(evokd.RunFailed, match="training diverged") as caught:
        evokd.run(config, out=tmp_path / "run", set=changes)
    run = evokd.load(caught.value.directory)
    assert run.status == "failed"
    assert run.reason is not None and "training diverged" in run.reason


def test_an_error_of_the_listener_is_the_callers(config: Path, tmp_path: Path) -> None:
    def hear(event: Event) -> None:
        if event.type == "scored":
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        evokd.run(config, out=tmp_path / "run", on_event=hear)
    assert "evokd.resume" in caught.value.__notes__[-1]
    assert evokd.load(tmp_path / "run").status == "failed"


async def test_a_stream_ends_with_its_run(config: Path, tmp_path: Path) -> None:
    events = evokd.stream(config, out=tmp_path / "run")
    scores = [event.test async for event in events if isinstance(event, evokd.events.Scored)]
    assert len(scores) == 3 and events.run.status == "done"
    with pytest.raises(RuntimeError, match="once"):
        async for _ in events:
            pass


async def test_leaving_a_stream_stops_the_run(config: Path, tmp_path: Path) -> None:
    async with evokd.stream(config, out=tmp_path / "run") as events:
        async for event in events:
            if event.type == "scored":
                break
    assert events.run.status == "interrupted"
    assert (await evokd.aresume(tmp_path / "run")).status == "done"


def test_leaving_a_plain_loop_stops_it_too(config: Path, tmp_path: Path) -> None:
    events = evokd.stream(config, out=tmp_path / "run")
    for event in events:
        if event.type == "scored":
            break
    assert events.run.status == "interrupted"
    seen = [event.type for event in evokd.stream(config, out=tmp_path / "whole")]
    assert seen[-1] == "stopped"


def test_a_break_at_the_end_of_a_script_saves_all(config: Path, tmp_path: Path) -> None:
    """`asyncio.run` tears the loop down while the stream is still closing."""
    code = f"""
import asyncio, evokd
async def main():
    async for event in evokd.stream({str(config)!r}, out={str(tmp_path / "run")!r}):
        if event.type == "scored":
            break
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert told["status"] == "interrupted"
