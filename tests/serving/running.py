"""A server in a thread of this process, and a plain client of it."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from queue import Queue
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from evokd.serving.served import Served
from evokd.serving.server import At, Stop, serve

JSON = {"Content-Type": "application/json"}


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    at: At
    stop: Stop

    @property
    def place(self) -> tuple[str, int]:
        parts = urlsplit(self.at.address)
        assert parts.hostname is not None and parts.port is not None
        return parts.hostname, parts.port

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request over a connection of its own."""
        with contextlib.closing(http.client.HTTPConnection(*self.place, timeout=60)) as connection:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, named, answer.read())

    def predict(self, document: Any, **headers: str) -> Reply:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self.ask("POST", "/predict", body, {**JSON, **headers})

    def metric(self, name: str) -> float:
        """A value off the page of metrics."""
        page = self.ask("GET", "/metrics").body.decode()
        found = [line.rsplit(" ", 1) for line in page.splitlines() if line.startswith(f"{name} ")]
        return float(found[0][1]) if found else 0.0


@contextlib.contextmanager
def running(**served: Any) -> Iterator[Running]:
    """Start, yield, end in order; what went wrong in the server is raised here."""
    started: Queue[Running | BaseException] = Queue()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            serve(
                Served(**{"port": 0, **served}),
                lambda at, stop: started.put(Running(at, stop)),
            )
        except BaseException as error:
            failed.append(error)
            started.put(error)

    thread = threading.Thread(target=work)
    thread.start()
    found = started.get(timeout=120)
    if isinstance(found, BaseException):
        thread.join()
        raise found
    try:
        yield found
    finally:
        if thread.is_alive():
            with contextlib.suppress(RuntimeError):  # it has ended already
                found.stop()
        thread.join(120)
        assert not thread.is_alive(), "the server does not stop"
    if failed:
        raise failed[0]
