"""The server: a student, and perhaps a teacher behind it, at one port until Ctrl-C or SIGTERM.

Arguments are checked before torch is loaded, the student is loaded before anybody is let in, and
at the end what was accepted is answered first.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn

from evokd.config import Config, ConfigError
from evokd.runs.answers import load_student, run_of
from evokd.runs.typed import Typed
from evokd.serving.answering import Answering
from evokd.serving.app import Parts, application
from evokd.serving.batching import Batcher
from evokd.serving.connection import impatient
from evokd.serving.deferral import Deferral
from evokd.serving.guard import TOKEN, token_of
from evokd.serving.limits import Limits
from evokd.serving.metrics import Metrics
from evokd.serving.openapi import document
from evokd.serving.served import Served
from evokd.serving.teacher_books import TeacherBooks, open_books
from evokd.serving.teacher_config import check_same_task, no_caps
from evokd.store.run_dir import RunDir
from evokd.web.guarding import host_names
from evokd.web.listening import bound_at, in_address, listen, loopback_of

if TYPE_CHECKING:
    from student.encoder.encoder import Encoder

STOP_S = 5.0
"""Beyond the time-outs of requests, until a stop waits for nobody any more."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class At:
    """Where the server can be reached."""

    address: str
    loopback: bool
    """Whether nobody else can reach it."""
    token: bool
    """Whether requests need one."""
    remarks: tuple[str, ...]
    """What the user should know."""


Ready = Callable[[At, "Stop"], None]
"""Is told once clients may come."""
Stop = Callable[[], None]
"""Ends the server in order; from any thread."""


def serve(served: Served, ready: Ready) -> None:
    """Serve until Ctrl-C, SIGTERM or `Stop`.

    Raises:
        ConfigError: naming what can't be; nothing was spent.
    """
    config, token = served.check(), token_of()
    with listen(served.port, served.host) as listening:
        if not bound_at(listening)[0].is_loopback and token is None:
            raise ConfigError(
                f"--host {served.host}: others could come in; put a token into the environment"
                f" variable {TOKEN}, which each request then brings (Authorization: Bearer …)"
            )
        student = load_student(served.folder)
        if config is not None:
            check_same_task(config, student.kind, student.labels)
        asyncio.run(_serve(served, student, config, token, listening, ready))


async def _serve(
    served: Served,
    student: Encoder,
    config: Config | None,
    token: str | None,
    listening: socket.socket,
    ready: Ready,
) -> None:
    metrics, limits = Metrics(), served.limits
    batcher = Batcher(student.verdicts, limits, metrics.batch)
    async with contextlib.AsyncExitStack() as stack:
        books: TeacherBooks | None = None
        deferral: Deferral | None = None
        if config is not None and served.out is not None:
            books = stack.enter_context(open_books(served.out, config))
            deferral = Deferral(config, books, metrics)
            stack.push_async_callback(deferral.close, limits.timeout_s)
            await deferral.open()
        batcher.start()
        stack.push_async_callback(batcher.stop)
        answering = Answering(
            labels=student.labels,
            typed=_typed(served, student),
            batcher=batcher,
            limits=limits,
            metrics=metrics,
            abstain_below=student.abstain_below,
            deferral=deferral,
            below=served.below,
        )
        hosts = None if token is not None else _hosts(listening, served.host)
        said = _described(student, limits, deferral is not None, token is not None)
        server = _server(Parts(answering, said, hosts, token, books), metrics)
        stack.enter_context(_ended_by_signals(server))
        loop = asyncio.get_running_loop()

        def stop() -> None:
            loop.call_soon_threadsafe(_end, server)

        ready(_at(listening, served.host, token, _remarks(student, config, deferral)), stop)
        await server.serve(sockets=[listening])


def _typed(served: Served, student: Encoder) -> Typed:
    """How texts are written; the columns are those of the run that the student lies in."""
    run = run_of(served.folder)
    return Typed.of(student.kind, RunDir(run).config() if run else None)


def _described(student: Encoder, limits: Limits, teacher: bool, token: bool) -> dict[str, Any]:
    """The OpenAPI document."""
    version = importlib.metadata.version("evokd")
    return document(
        student.kind, student.labels, limits, version=version, teacher=teacher, token=token
    )


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The original would raise a signal again when it has stopped, before books are closed."""
        yield


def _server(parts: Parts, metrics: Metrics) -> _Server:
    limits = parts.answering.limits

    def refused(status: str) -> None:
        metrics.requests.add(path="other", status=status)

    config = uvicorn.Config(
        application(parts),
        http=impatient(limits, refused),
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=round(limits.timeout_s + limits.receive_s + STOP_S),
    )
    return _Server(config)


def _end(server: uvicorn.Server) -> None:
    server.should_exit = True


@contextlib.contextmanager
def _ended_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """Ctrl-C and SIGTERM end it in order, until the books are closed; a second Ctrl-C at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, server.handle_exit, number, None)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


def _hosts(listening: socket.socket, host: str) -> frozenset[str]:
    return host_names(bound_at(listening)[1], in_address(host))


def _at(listening: socket.socket, host: str, token: str | None, remarks: tuple[str, ...]) -> At:
    bound, port = bound_at(listening)
    name = loopback_of(bound) if bound.is_unspecified else host
    address = f"http://{in_address(name)}:{port}"
    return At(address, bound.is_loopback, token is not None, remarks)


def _remarks(student: Encoder, config: Config | None, deferral: Deferral | None) -> tuple[str, ...]:
    said = []
    if student.temperature is None:
        said.append(
            "no temperature was fitted for this student, so its confidence is not calibrated"
            " (`student.calibration` in the config of a run)"
        )
    if config is not None and (told := no_caps(config)) is not None:
        said.append(told)
    return (*said, *(deferral.remarks if deferral is not None else ()))
