"""A round of the real loop against its critical path: at most 1.5 times as long.

    python benchmarks/orchestration.py            # --student minilm, --rounds 9, --profile

A fake server in a process of its own takes 200 ms a call and 16 calls at once. The critical path
of a round is what nobody could beat: for each phase (analyst, both generators, labelers, critic)
`ceil(calls / 16) x 0.2 s`, with the calls as the server's own log shows them, plus the seconds
that the student fitted and predicted. What is above that is orchestration: LangGraph, ledger,
events, artefacts, prompts, the HTTP client. Two packs, 8, 64 and 256 texts a round; exit code 1
when a median over the rounds is above the target.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import math
import multiprocessing
import os
import pstats
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from evokd.store.events import Event, NodeEnded, NodeStarted
from graph.core.student_store import StudentStore
from graph.session import start
from prompts.pack import HERE
from tests.servers.brain import Brain
from tests.servers.fake_chat import FakeChat
from tests.servers.runs import KEY, KEY_NAME, LABELS, lay_out, settings

CALL_S = 0.2
SLOTS = 16
SIZES = (8, 64, 256)
TARGET = 1.5
PHASES = {"easy_generator": "generators", "hard_generator": "generators"}
"""Roles that work in the same step; every other one is a phase of its own."""


@dataclass
class Watch:
    """Wall time of each round, and the student's share of it."""

    began: dict[int, float] = field(default_factory=dict)
    ended: dict[int, float] = field(default_factory=dict)
    student: Counter[int] = field(default_factory=Counter)
    """Seconds by round."""
    cpu: dict[int, float] = field(default_factory=dict)
    """Seconds of processor time that the event loop's thread took, by round."""
    round: int = 0

    def __call__(self, event: Event) -> None:
        now = time.monotonic()
        if isinstance(event, NodeStarted) and event.node == "analyst":
            self.round = event.round
            self.began[event.round] = now
            self.cpu[event.round] = -time.thread_time()
        elif isinstance(event, NodeEnded) and event.node == "trainer":
            self.ended[event.round] = now
            self.cpu[event.round] += time.thread_time()


def serve(pipe: Connection) -> None:
    """The server's process: sends its address, then, when asked, its log."""
    with FakeChat(Brain(LABELS, accepting=True), delay_s=CALL_S, slots=SLOTS) as server:
        pipe.send(server.url)
        while pipe.recv() == "log":
            pipe.send([(one.role, one.status) for one in server.bill.served])
            server.bill.served.clear()


@contextmanager
def fake_server() -> Iterator[tuple[str, Connection]]:
    """The fake in another process, so that it takes no time from the loop's."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there,), daemon=True)
    process.start()
    try:
        yield here.recv(), here
    finally:
        here.send("stop")
        process.join(10)


@contextmanager
def timed_student(watch: Watch) -> Iterator[None]:
    """Adds up what the loop waits for the student."""
    train, predict, embed = StudentStore.train, StudentStore.predict, StudentStore.embed

    def timed(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any) -> Any:
            began = time.monotonic()
            try:
                return await method(*args)
            finally:
                watch.student[watch.round] += time.monotonic() - began  # type: ignore[assignment]

        return call

    store: Any = StudentStore
    store.train, store.predict, store.embed = timed(train), timed(predict), timed(embed)
    try:
        yield
    finally:
        store.train, store.predict, store.embed = train, predict, embed


def one_text_pack(folder: Path) -> Path:
    """The shipped pack for large models, asked for one text a call: the most calls a text."""
    shutil.copytree(HERE / "evokd", folder)
    manifest = yaml.safe_load((folder / "pack.yaml").read_text(encoding="utf-8"))
    for role in ("generator", "labeler", "critic"):
        manifest[role]["texts_per_call"] = 1
    (folder / "pack.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    return folder


def critical_path(log: list[tuple[str, int]], rounds: int) -> list[float]:
    """Seconds that the calls of each round need at least; every round begins with the analyst."""
    if any(status != 200 for _, status in log):
        raise RuntimeError("the server refused a call: the loop sent more than its slots")
    phases: list[Counter[str]] = []
    for role, _ in log:
        if role == "analyst":
            phases.append(Counter())
        phases[-1][PHASES.get(role, role)] += 1
    assert len(phases) == rounds
    return [sum(math.ceil(n / SLOTS) * CALL_S for n in one.values()) for one in phases]


def measure(shared: Path, url: str, pipe: Connection, overrides: list[str], rounds: int) -> float:
    """Median over the rounds of wall time over critical path."""
    watch = Watch()
    config = settings(shared, url, f"loop.rounds={rounds}", *overrides)
    with tempfile.TemporaryDirectory() as folder, timed_student(watch):
        start(config, Path(folder) / "run", (watch,))
    pipe.send("log")
    calls = critical_path(pipe.recv(), rounds)
    ratios = []
    for number, path in enumerate(calls, 1):
        wall = watch.ended[number] - watch.began[number]
        best = path + watch.student[number]
        ratios.append(wall / best)
    print(
        f"  calls {median(calls):5.1f} s, student {median(watch.student.values()):5.2f} s,"
        f" loop {median(watch.cpu.values()):5.2f} s CPU,"
        f" ratios {' '.join(f'{ratio:.2f}' for ratio in ratios)}",
        flush=True,
    )
    return median(ratios)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--student", choices=["tiny", "minilm"], default="tiny")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--packs", nargs="+", default=["evokd", "one-text"])
    parser.add_argument("--profile", action="store_true", help="where the time of the loop goes")
    args = parser.parse_args()

    os.environ[KEY_NAME] = KEY
    results: dict[str, float] = {}
    profile = cProfile.Profile()
    with tempfile.TemporaryDirectory() as folder, fake_server() as (url, pipe):
        shared = lay_out(Path(folder))
        packs = {"evokd": "evokd", "one-text": str(one_text_pack(shared / "one_text"))}
        base = ["teachers.default.concurrency=16", "loop.n_hard=4", "loop.n_easy=4"]
        if args.student == "minilm":
            base.append("student.model=embedded:minilm")
        measure(shared, url, pipe, [*base, "loop.calls_per_round=1"], 2)  # imports, caches
        if args.profile:
            profile.enable()
        for name in args.packs:
            for size in args.sizes:
                load = os.getloadavg()[0]
                print(f"pack {name}, {size} texts a round, load {load:.1f}", flush=True)
                more = [f"prompts.pack={packs[name]}", f"loop.calls_per_round={size // 8}"]
                ratio = measure(shared, url, pipe, [*base, *more], args.rounds)
                results[f"{name}/{size}"] = round(ratio, 3)
        profile.disable()
    if args.profile:
        pstats.Stats(profile).sort_stats("cumtime").print_stats(
            r"/(graph|evokd|agents|prompts|langchain_core|langchain_openai)/", 45
        )
    print(json.dumps({"target": TARGET, "ratios": results}))
    return int(max(results.values()) > TARGET)


if __name__ == "__main__":
    sys.exit(main())
