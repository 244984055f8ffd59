"""A desk, its books and one endpoint: all that a call needs, without a graph."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from evokd.config import BudgetConfig, Endpoint
from evokd.ledger.budget import Budget
from evokd.ledger.edge import Edge
from evokd.ledger.ledger import Ledger
from evokd.ledger.totals import totals
from evokd.store.events import Event
from evokd.teacher.client import Answer
from evokd.teacher.faults import Unusable
from evokd.teacher.metered_client import MeteredClient
from evokd.teacher.metering import Metering
from evokd.teacher.pool import teacher_of
from evokd.teacher.reply import Reply
from evokd.teacher.request import Message, Prompt, Request
from tests.servers.brain import Brain
from tests.servers.fake_chat import FakeChat

BRAIN = Brain(("no", "yes"))
EDGE = Edge("warm_up", "labeler", "run", "task-1", 1, 1)
SCHEMA = {"type": "object", "properties": {"1": {"type": "string", "enum": ["no", "yes"]}}}
Outcome = Answer[str] | BaseException


def request(number: int, text: str = "a fine lid") -> Request:
    prompt = Prompt((Message("user", f"1. {text} {number}"),), "t", "sha")
    return Request("labeler", f"slot-{number}", prompt, 0.0, 20, schema=SCHEMA)


def parse(reply: Reply) -> str:
    try:
        label = json.loads(reply.text)["1"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unusable(f"no label: {type(error).__name__}") from None
    if label not in ("no", "yes"):
        raise Unusable(f"unknown label {label!r}"[:80])
    return str(label)


class Rig:
    """A desk, its books and one endpoint."""

    def __init__(self, folder: Path, url: str, **endpoint: Any) -> None:
        self.events: list[Event] = []
        self.file = folder / "ledger.sqlite"
        self.ledger = Ledger(self.file)
        budget = Budget(BudgetConfig(tokens=None))
        self.metering = Metering(self.ledger, budget, self.events.append, seed=1, backoff_s=0.001)
        given = {"model": "fake", "base_url": url, "retries": 2, "timeout_s": 5.0, **endpoint}
        if "provider_url" in given or "azure" in given:  # else in OpenAI's protocol
            given["base_url"] = None
        self.teacher = teacher_of(Endpoint.model_validate(given))
        self.client = MeteredClient(self.metering, [self.teacher], "labeler", EDGE)

    async def ask(self, *requests: Request) -> list[Outcome]:
        """All at once."""
        asked = [self.client.ask(one, parse, lambda wrong: f"wrong: {wrong}") for one in requests]
        return list(await asyncio.gather(*asked, return_exceptions=True))

    async def close(self) -> None:
        await self.metering.drain()
        await self.teacher.close()
        self.ledger.close_database()

    def rows(self) -> list[sqlite3.Row]:
        return list(self.ledger.db.execute("SELECT * FROM calls ORDER BY seq"))

    def statuses(self) -> list[str]:
        return [row["status"] for row in self.rows()]

    def balances_with(self, server: FakeChat) -> None:
        doc = totals(self.ledger.db, {EDGE.task}, "edge")
        billed = doc["billed"]
        assert doc["open_calls"] == 0
        assert billed["calls"] == server.bill.requests
        reported = (
            billed["prompt_tokens"] - billed["estimated_prompt_tokens"],
            billed["completion_tokens"] - billed["estimated_completion_tokens"],
        )
        assert reported == (server.bill.prompt_tokens, server.bill.completion_tokens)
        assert self.metering.budget.tokens == billed["prompt_tokens"] + billed["completion_tokens"]
        assert self.metering.budget.in_flight == 0


@contextlib.asynccontextmanager
async def rigged(folder: Path, server: FakeChat, **endpoint: Any) -> AsyncIterator[Rig]:
    rig = Rig(folder, server.url, **endpoint)
    try:
        yield rig
    finally:
        await rig.close()
