"""The Batch API's addresses: files, and the batches made of them.

Straight over the watched transport, so that keys are hidden, bodies have a limit and every fault is
classified as those of the chat are.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx2

from evokd.teacher.address import under
from evokd.teacher.answer_body import read_body
from evokd.teacher.batch.line import URL
from evokd.teacher.batch.state import KEY, BatchState, id_in, state_of
from evokd.teacher.completion import outcome
from evokd.teacher.faults import Fault, Lost
from evokd.teacher.transport import WatchedTransport, watch

MOST_BYTES = 2**30
"""Of a file that is fetched: replies of many thousand tokens add up."""
FILES_TAKE = 10
"""Times as long as a request may take, for a file."""
PAGE, PAGES = 100, 100
"""Batches on a page of the list, and pages that are looked through for a lost one."""
NO_SUCH = frozenset({404, 405, 501})
"""What a server says to an address that it hasn't got."""
T = TypeVar("T")


class BatchApi:
    """One server's; every method raises `Fault`."""

    def __init__(self, base_url: str, key: str, timeout_s: float, proxy: str | None) -> None:
        self._base_url = base_url
        self._headers = {"Authorization": f"Bearer {key}"}
        self._http = _client(timeout_s, key, proxy)
        self._files = _client(timeout_s * FILES_TAKE, key, proxy)

    async def upload(self, content: bytes) -> str:
        """Hand in a batch's input; gives the file's id."""
        answer = await self._fetch(
            self._files,
            "POST",
            "files",
            files={"file": ("evokd.jsonl", content, "application/jsonl")},
            data={"purpose": "batch"},
        )

        def read(body: Any) -> str:
            name = id_in(body, "id")
            if name is None:
                raise ValueError("the answer is no file: it has no id")
            return name

        return _read(answer, read)

    async def create(self, file: str, key: str, window: str) -> BatchState:
        """Have a batch made of a file.

        Args:
            file: Its id.
            key: A name of our own, by which it is found should the answer be lost.
            window: Within which it is to be done.
        """
        answer = await self._fetch(
            self._http,
            "POST",
            "batches",
            headers={"Idempotency-Key": key},
            json={
                "input_file_id": file,
                "endpoint": URL,
                "completion_window": window,
                "metadata": {KEY: key},
            },
        )
        return _read(answer, state_of)

    async def look(self, batch: str) -> BatchState:
        """How far it is."""
        answer = await self._fetch(self._http, "GET", f"batches/{_quoted(batch)}")
        return _read(answer, state_of)

    async def find(self, key: str) -> list[BatchState]:
        """The batches with our key, whatever order the server lists them in."""
        found: list[BatchState] = []
        query = {"limit": str(PAGE)}
        for _ in range(PAGES):
            states, more = await self.batches(query)
            found += [state for state in states if state.key == key]
            if not more or not states:
                break
            query["after"] = states[-1].id
        return found

    async def batches(self, query: Mapping[str, str]) -> tuple[list[BatchState], bool]:
        """A page of the list of batches, and whether there are more."""
        answer = await self._fetch(self._http, "GET", "batches", query=query)

        def read(body: Any) -> tuple[list[BatchState], bool]:
            rows = body.get("data") if isinstance(body, dict) else None
            if not isinstance(rows, list):
                raise ValueError("the answer is no list of batches")
            return [state_of(row) for row in rows], body.get("has_more") is True

        return _read(answer, read)

    async def cancel(self, batch: str) -> None:
        """Stop it; what of it is done by then is paid."""
        await self._fetch(self._http, "POST", f"batches/{_quoted(batch)}/cancel")

    async def content(self, file: str) -> bytes:
        """What a file holds."""
        return (await self._fetch(self._files, "GET", f"files/{_quoted(file)}/content")).content

    async def close(self) -> None:
        await self._http.aclose()
        await self._files.aclose()

    async def _fetch(
        self,
        http: httpx2.AsyncClient,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        files: Any = None,
        data: Any = None,
    ) -> httpx2.Response:
        failure: Exception | None = None
        address = _with_query(under(self._base_url, path), query or {})
        with watch() as wire:
            try:
                await http.request(
                    method,
                    address,
                    headers={**self._headers, **(headers or {})},
                    json=json,
                    files=files,
                    data=data,
                )
            except Exception as error:
                failure = error
        if wire.answer is not None and wire.answer.is_success:
            return wire.answer
        came = outcome(wire, failure)
        # out here, so that no client's exception, which may quote the key, is chained to it
        raise came if isinstance(came, Fault) else Lost(str(came))


def _client(timeout_s: float, key: str, proxy: str | None) -> httpx2.AsyncClient:
    transport = WatchedTransport(timeout_s, key, proxy, MOST_BYTES)
    return httpx2.AsyncClient(transport=transport, trust_env=False, timeout=timeout_s)


def _read(answer: httpx2.Response, read: Callable[[Any], T]) -> T:
    """What a good answer's body says; one that makes no sense is as good as none."""
    try:
        return read(read_body(answer.content))
    except ValueError as error:
        raise Lost(str(error)) from None


def _quoted(name: str) -> str:
    """An id that came from a server, as one part of a path."""
    return urllib.parse.quote(name, safe="")


def _with_query(address: str, query: Mapping[str, str]) -> str:
    parts = urllib.parse.urlsplit(address)
    more = [part for part in (parts.query, urllib.parse.urlencode(query)) if part]
    return parts._replace(query="&".join(more)).geturl()
