"""A run in a process of its own, so that it can be killed; forked from a server that has torch."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

import graph.session
from evokd.config import Config
from evokd.store.events import Event, NodeEnded, Scored
from evokd.teacher.metering import Metering
from graph.core.loop_method import LoopMethod
from tests.servers.runs import KEY, KEY_NAME

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.servers.child", "student.encoder.encoder", "datasets"])


ENDED = {"trained": "trainer", "kept": "keeper", "reviewed": "review"}
"""Where a process may kill itself → the node whose work was done, and not yet written down."""


@dataclass(frozen=True)
class Death:
    """Where the process kills itself; what a server can't see from outside."""

    at: str = "never"
    """`checkpoint` or `writes` (before the n-th), `scored`, `finish`, or the name of a node (or of
    `ENDED`) that has done its work of round n."""
    n: int = 0


def run_in_child(config: Config, run: Path, death: Death = Death()) -> ForkServerProcess:
    """Start (or resume) a run; the caller waits for it, or kills it."""
    process = CONTEXT.Process(target=_work, args=(config, run, death))
    process.start()
    return process


def _work(config: Config, run: Path, death: Death) -> None:
    os.environ[KEY_NAME] = KEY
    session: Any = graph.session
    session.Metering = functools.partial(Metering, backoff_s=0.001)
    _arrange(death)
    listeners = (functools.partial(_listen, death),)
    if (run / "run.json").exists():
        outcome = graph.session.resume(run, listeners)
    else:
        outcome = graph.session.start(config, run, listeners)
    codes = {"done": 0, "failed": 1, "interrupted": 130}
    os._exit(codes[outcome.status])


def _die(*_: object, **__: object) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def _arrange(death: Death) -> None:
    saver: Any = AsyncSqliteSaver
    if death.at == "checkpoint":
        saver.aput = _counted(saver.aput, death.n)
    if death.at == "writes":
        saver.aput_writes = _counted(saver.aput_writes, death.n)
    if death.at == "finish":
        method: Any = LoopMethod
        method.finish = _die


def _counted(original: Callable[..., Any], n: int) -> Callable[..., Any]:
    count = 0

    async def put(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        if count == n:
            _die()
        return await original(*args, **kwargs)

    return put


def _listen(death: Death, event: Event) -> None:
    if death.at == "scored" and isinstance(event, Scored) and event.round == death.n:
        _die()
    ended = isinstance(event, NodeEnded) and event.round == death.n
    if ended and event.node == ENDED.get(death.at, death.at):
        _die()
