"""A fake of OpenAI's Batch API on loopback: files, batches, and a bill that counts their lines.

    with FakeBatches(Brain(labels), plan=at({3: FAULTS["500"]})) as server:
        ...                                # base_url: server.url
    server.bill.requests                   # lines of batches that were made
    server.batches                         # the batches, in the order they were made

A line counts once its batch is made; its usage once it stands in the output file.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.servers.brain import Brain, fingerprint, role_of
from tests.servers.fake_chat import FakeChat, Plan, Reaction, Served, _deliver, good

URL = "/v1/chat/completions"


@dataclass(frozen=True)
class Fate:
    """How a batch ends."""

    status: str = "completed"
    done: int | None = None
    """Lines that it comes to; None: all, of a failed one none."""
    complaints: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class ApiFault:
    """What a call of the API gets instead of its answer."""

    reaction: Reaction
    works: bool = False
    """What was asked for is done all the same: its answer alone is lost."""


@dataclass
class FakeBatch:
    """A batch."""

    id: str
    key: str
    lines: list[dict[str, Any]]
    fate: Fate
    output: list[bytes] = field(default_factory=list)
    errors: list[bytes] = field(default_factory=list)
    looks: int = 0
    cancelled: bool = False


ApiPlan = Callable[[str, int], ApiFault | None]
"""Kind of a call (`upload`, `create`, `look`, `list`, `content`, `cancel`), and its number."""


class FakeBatches(FakeChat):
    """See `FakeChat`; requests of their own are no part of it."""

    def __init__(
        self,
        brain: Brain,
        plan: Plan = lambda _: None,
        *,
        fates: Mapping[int, Fate] | None = None,
        api: ApiPlan = lambda kind, number: None,
        looks: int = 1,
        mangle: Callable[[list[bytes]], list[bytes]] = lambda lines: lines,
        page: int = 100,
        **more: Any,
    ) -> None:
        """Args.

        brain: says what is right.
        plan: which lines it misbehaves at.
        fates: how batches end, by number.
        api: which calls go wrong.
        looks: after how many a batch has ended; a test may raise it to hold them.
        mangle: what becomes of the output file's lines.
        page: batches on a page of the list, whatever is asked for.
        more: see `FakeChat`.
        """
        super().__init__(brain, plan, **more)
        self.fates, self.api, self.looks, self.mangle, self.page = (
            fates or {},
            api,
            looks,
            mangle,
            page,
        )
        self.batches: list[FakeBatch] = []
        self.calls: Counter[str] = Counter()
        """Of the API, by kind."""
        self.on_made: Callable[[FakeBatch], None] = lambda _: None
        """Called when a batch was made, before its answer leaves."""
        self.lines: Counter[str] = Counter()
        """Lines by what they ask for: none is to be paid twice."""
        self._files: dict[str, bytes] = {}

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *rest = head.split("\r\n")
        method, target, _ = line.split()
        self.asked.append(target)
        headers = {k.strip().lower(): v.strip() for k, _, v in (h.partition(":") for h in rest)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        parts = urllib.parse.urlsplit(target)
        path = urllib.parse.unquote(parts.path.removeprefix("/v1/"))
        if path == "models":
            reaction = Reaction(self.models_status, body=json.dumps(self.models).encode())
            return await _deliver(reaction, reader, writer)
        query = dict(urllib.parse.parse_qsl(parts.query))
        kind, work = self._route(method, path, query, headers, body)
        self.calls[kind] += 1
        fault = self.api(kind, self.calls[kind])
        reaction = work() if fault is None or fault.works else fault.reaction
        return await _deliver(fault.reaction if fault else reaction, reader, writer)

    def _route(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> tuple[str, Callable[[], Reaction]]:
        named = re.fullmatch(r"(batches|files)/([^/]+)(?:/(\w+))?", path)
        if (method, path) == ("POST", "files"):
            return "upload", lambda: self._upload(headers, body)
        if (method, path) == ("POST", "batches"):
            return "create", lambda: self._create(json.loads(body), headers)
        if (method, path) == ("GET", "batches"):
            return "list", lambda: self._list(query)
        if named and named[1] == "files" and named[3] == "content":
            return "content", lambda: self._content(named[2])
        if named and named[1] == "batches":
            which = next((one for one in self.batches if one.id == named[2]), None)
            if which is not None:
                if named[3] == "cancel":
                    return "cancel", lambda: self._cancel(which)
                return "look", lambda: self._look(which)
        return "unknown", lambda: Reaction(404, body=b'{"error": {"message": "no such thing"}}')

    def _upload(self, headers: Mapping[str, str], body: bytes) -> Reaction:
        boundary = headers["content-type"].partition("boundary=")[2].encode()
        parts = [part for part in body.split(b"--" + boundary) if b"\r\n\r\n" in part]
        held = {}
        for part in parts:
            head, _, content = part.partition(b"\r\n\r\n")
            name = re.search(rb'name="(\w+)"', head)
            assert name is not None
            held[name[1].decode()] = content.removesuffix(b"\r\n")
        assert held["purpose"] == b"batch"
        file = f"file-in-{len(self._files)}"
        self._files[file] = held["file"]
        return _json({"id": file, "object": "file", "bytes": len(held["file"])})

    def _create(self, asked: Mapping[str, Any], headers: Mapping[str, str]) -> Reaction:
        assert asked["endpoint"] == URL and asked["completion_window"] == "24h"
        lines = [json.loads(line) for line in self._files[asked["input_file_id"]].splitlines()]
        ids = [line["custom_id"] for line in lines]
        assert len(set(ids)) == len(ids) and all(line["url"] == URL for line in lines)
        number = len(self.batches) + 1
        fate = self.fates.get(number, Fate())
        batch = FakeBatch(f"batch_{number}", asked["metadata"]["evokd"], lines, fate)
        self.batches.append(batch)
        self._do(batch, headers.get("authorization", ""))
        self.on_made(batch)
        return _json(self._as_json(batch))

    def _do(self, batch: FakeBatch, authorization: str) -> None:
        """All of it at once; the looks are what takes time."""
        ends = "batch_expired" if batch.fate.status == "expired" else "batch_cancelled"
        done = batch.fate.done
        if done is None:
            done = 0 if batch.fate.status == "failed" else len(batch.lines)
        for place, line in enumerate(batch.lines):
            payload = line["body"]
            served = Served(
                self.bill.requests + 1,
                role_of(payload),
                fingerprint(payload),
                authorization,
                time.monotonic(),
            )
            self.bill.served.append(served)
            if place < done:
                self._answer(batch, line, served)
            elif batch.fate.status != "failed":
                error = {"code": ends, "message": "not done in time"}
                row = {"custom_id": line["custom_id"], "response": None, "error": error}
                batch.errors.append(json.dumps(row).encode())

    def _answer(self, batch: FakeBatch, line: Mapping[str, Any], served: Served) -> None:
        payload, mischief = line["body"], self.plan(served)
        answer = self.brain.completion(payload)
        reaction = good(answer) if mischief is None else mischief(payload, answer, served)
        if reaction.cut is not None:
            return  # lost on the way: it stands in no file
        served.status, served.usage, served.delivered = reaction.status, reaction.usage, True
        if reaction.status == 200:
            self.lines[served.key] += 1
        try:
            body = json.loads(reaction.body)
        except (ValueError, RecursionError):
            body = reaction.body.decode(errors="replace")
        response = {"status_code": reaction.status, "request_id": "r", "body": body}
        row = {"id": "x", "custom_id": line["custom_id"], "response": response, "error": None}
        (batch.output if reaction.status == 200 else batch.errors).append(json.dumps(row).encode())

    def _look(self, batch: FakeBatch) -> Reaction:
        batch.looks += 1
        return _json(self._as_json(batch))

    def _list(self, query: Mapping[str, str]) -> Reaction:
        newest = list(reversed(self.batches))
        if "after" in query:
            names = [one.id for one in newest]
            newest = newest[names.index(query["after"]) + 1 :]
        rows = [self._as_json(one) for one in newest[: self.page]]
        return _json({"object": "list", "data": rows, "has_more": len(newest) > self.page})

    def _cancel(self, batch: FakeBatch) -> Reaction:
        batch.cancelled = True
        return _json(self._as_json(batch))

    def _content(self, file: str) -> Reaction:
        which, _, name = file.rpartition("-")
        batch = next(one for one in self.batches if one.id == which)
        lines = self.mangle(list(batch.output)) if name == "output" else batch.errors
        return Reaction(body=b"".join(line + b"\n" for line in lines))

    def _as_json(self, batch: FakeBatch) -> dict[str, Any]:
        ended = batch.looks >= self.looks
        ran = ended and batch.fate.status != "failed"
        return {
            "id": batch.id,
            "object": "batch",
            "status": batch.fate.status if ended else "in_progress",
            "metadata": {"evokd": batch.key},
            "output_file_id": f"{batch.id}-output" if ran and batch.output else None,
            "error_file_id": f"{batch.id}-errors" if ran and batch.errors else None,
            "errors": {"object": "list", "data": list(batch.fate.complaints)} if ended else None,
            "request_counts": {
                "total": len(batch.lines),
                "completed": len(batch.output) if ended else 0,
                "failed": len(batch.errors) if ended else 0,
            },
        }


def _json(body: Mapping[str, Any]) -> Reaction:
    return Reaction(body=json.dumps(body).encode())


def nth(faults: Mapping[tuple[str, int], ApiFault]) -> ApiPlan:
    """By kind and number."""
    return lambda kind, number: faults.get((kind, number))


def always(kinds: Sequence[str], fault: ApiFault) -> ApiPlan:
    """At every call of these kinds."""
    return lambda kind, number: fault if kind in kinds else None
