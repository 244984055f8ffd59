"""A fake, and misbehaving, OpenAI-compatible chat server on loopback, with a bill of its own.

    with FakeChat(Brain(labels), plan=at({3: FAULTS["429"]})) as server:
        ...                                # base_url: server.url
    server.bill.requests, server.bill.prompt_tokens, server.bill.completion_tokens

A request counts once it was read whole; usage counts once the whole body was handed over.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from tests.servers.brain import Brain, Payload, fingerprint, role_of
from tests.servers.openai_protocols import OpenAI
from tests.servers.protocol import Protocol, Unknown, encoded

Cut = Literal["never answer", "before headers", "after headers", "mid-body"]


@dataclass(frozen=True)
class Reaction:
    """What goes over the wire."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    usage: tuple[int, int] | None = None
    """Prompt and completion tokens in the body, as far as they are believable."""
    delay_s: float = 0.0
    cut: Cut | None = None
    own: bool = False
    """The body is in the protocol's own words, and goes out as it is."""


@dataclass(slots=True)
class Served:
    """A line of the bill."""

    number: int
    """From 1, in the order the requests were read."""
    role: str
    key: str
    """Equal for requests that ask for the same thing."""
    authorization: str
    began: float
    """`time.monotonic` when the request was read."""
    sent: Any = None
    """The body as it came."""
    headers: Mapping[str, str] = field(default_factory=dict)
    ended: float = 0.0
    status: int = 0
    usage: tuple[int, int] | None = None
    """What was delivered; None for no usage, or no delivery."""
    delivered: bool = False
    """The whole answer was handed over."""


class Bill:
    """What the server would charge for."""

    def __init__(self) -> None:
        self.served: list[Served] = []

    @property
    def requests(self) -> int:
        return len(self.served)

    @property
    def prompt_tokens(self) -> int:
        return sum(one.usage[0] for one in self.served if one.usage)

    @property
    def completion_tokens(self) -> int:
        return sum(one.usage[1] for one in self.served if one.usage)


Mischief = Callable[[Payload, dict[str, Any], Served], Reaction]
"""Payload, the good answer's body, the request → what the server does instead."""
Plan = Callable[[Served], Mischief | None]
"""Which requests it misbehaves at; None: a good answer."""


def good(body: Any, delay_s: float = 0.0) -> Reaction:
    """A 200 around a JSON body, with the usage it shows."""
    usage = body.get("usage") if isinstance(body, dict) else None
    paid = (usage["prompt_tokens"], usage["completion_tokens"]) if usage else None
    return Reaction(body=json.dumps(body).encode(), usage=paid, delay_s=delay_s)


class FakeChat:
    """A thread with an event loop of its own; `url` is known once the block is entered."""

    def __init__(
        self,
        brain: Brain,
        plan: Plan = lambda _: None,
        *,
        delay_s: float = 0.0,
        slots: int | None = None,
        retry_after: str | None = None,
        models_status: int = 200,
        models: Sequence[str] = (),
        tokenizes: bool = False,
        protocol: Protocol | None = None,
    ) -> None:
        """Args.

        brain: says what is right.
        plan: says when to misbehave.
        delay_s: of every good answer.
        slots: most requests at once; those above get a 429.
        retry_after: header of those 429.
        models_status: answer to the list of models.
        models: names on that list.
        tokenizes: it counts a text's tokens beside `/v1`, as llama.cpp and vLLM do.
        protocol: how it is asked and answers; None: OpenAI's.
        """
        self.tokenizes = tokenizes
        self.protocol = protocol or OpenAI()
        self.models = self.protocol.listing(models)
        self.brain, self.plan, self.delay_s = brain, plan, delay_s
        self.slots, self.retry_after, self.models_status = slots, retry_after, models_status
        self.bill = Bill()
        self.asked: list[str] = []
        """Path and query of every request, unbilled ones too."""
        self.busy = 0
        self.most_busy = 0
        self.on_request: Callable[[Served], None] = lambda _: None
        """Called when a request was read, before anything else happens to it."""
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._ready = threading.Event()
        self._closing = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(10)
        assert not self._thread.is_alive(), "the fake server hangs"

    def _serve(self) -> None:
        try:
            self._loop.run_until_complete(self._run())
        finally:
            self._loop.close()

    async def _run(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=512)
        host, port = server.sockets[0].getsockname()[:2]
        self.url = f"http://{host}:{port}{self.protocol.base}"
        self._ready.set()
        await self._closing.wait()
        server.close()
        mine = asyncio.current_task()
        open_connections = [task for task in asyncio.all_tasks() if task is not mine]
        for task in open_connections:
            task.cancel()
        await asyncio.gather(*open_connections, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False when the connection is over."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *rest = head.split("\r\n")
        self.asked.append(line.split()[1])
        headers = {k.strip().lower(): v.strip() for k, _, v in (h.partition(":") for h in rest)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if not line.startswith("POST"):
            reaction = Reaction(self.models_status, body=json.dumps(self.models).encode())
            return await _deliver(reaction, reader, writer)
        sent = json.loads(body)
        if "/tokenize" in line:
            return await _deliver(self._tokenized(sent), reader, writer)
        payload, wrong = self._asked(line.split()[1], sent)
        served = Served(
            number=self.bill.requests + 1,
            role=role_of(payload),
            key=fingerprint(payload),
            authorization=self._authorization(headers),
            began=time.monotonic(),
            sent=sent,
            headers=headers,
        )
        self.bill.served.append(served)
        self.on_request(served)
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            reaction = self._reaction(payload, served) if wrong is None else wrong
            served.status = reaction.status
            # before the body leaves: whoever reads it may look at the bill at once
            if reaction.cut is None:
                await _wait(served.began + reaction.delay_s - time.monotonic(), reader)
                served.usage, served.delivered = reaction.usage, True
            return await _deliver(reaction, reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            served.usage, served.delivered = None, False
            raise
        finally:
            served.ended = time.monotonic()
            self.busy -= 1

    def _asked(self, path: str, sent: Any) -> tuple[Payload, Reaction | None]:
        """A request in OpenAI's words, and the refusal of one that the protocol has not."""
        try:
            return self.protocol.payload(path, sent), None
        except (Unknown, KeyError) as error:
            body = json.dumps(self.protocol.error(400, str(error))).encode()
            return {"model": "", "messages": []}, Reaction(400, body=body)

    def _authorization(self, headers: Mapping[str, str]) -> str:
        if isinstance(self.protocol, OpenAI) and "authorization" in headers:
            return headers["authorization"]
        key = self.protocol.key(headers)
        return f"Bearer {key}" if key else ""

    def _tokenized(self, payload: Payload) -> Reaction:
        """What a text comes to, as the brain counts; nobody bills it."""
        if not self.tokenizes:
            return Reaction(404, body=b"{}")
        tokens = list(range(len(payload["content"].split())))
        return Reaction(body=json.dumps({"tokens": tokens}).encode())

    def _reaction(self, payload: Payload, served: Served) -> Reaction:
        if self.slots is not None and self.busy > self.slots:
            headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
            return Reaction(429, headers, b'{"error": {"message": "too many at once"}}')
        mischief = self.plan(served)
        answer = self.brain.completion(payload)
        made = good(answer, self.delay_s)
        if mischief is not None:
            made = mischief(payload, answer, served)
        if made.own or type(self.protocol) is OpenAI:
            return made
        return replace(made, body=encoded(self.protocol, made.status, made.body))


async def _wait(delay_s: float, reader: asyncio.StreamReader) -> None:
    """Think for a while, unless the client hangs up."""
    if delay_s <= 0:
        return
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(reader.read(1), delay_s)
        raise ConnectionResetError("the client hung up")


async def _deliver(
    reaction: Reaction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """Send the answer, as far as the reaction goes."""
    if reaction.cut == "never answer":
        await reader.read(1)  # until the client hangs up
        return False
    if reaction.cut == "before headers":
        return _reset(writer)
    lines = [f"HTTP/1.1 {reaction.status} Whatever", f"Content-Length: {len(reaction.body)}"]
    given = {"Content-Type": "application/json", **reaction.headers}
    lines += [f"{name}: {value}" for name, value in given.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    if reaction.cut is not None:
        if reaction.cut == "mid-body":
            writer.write(reaction.body[: len(reaction.body) // 2])
        await writer.drain()
        await asyncio.sleep(0.01)  # let it arrive before the reset overtakes it
        return _reset(writer)
    writer.write(reaction.body)
    await writer.drain()
    return True


def _reset(writer: asyncio.StreamWriter) -> bool:
    """Close with RST instead of FIN."""
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False
