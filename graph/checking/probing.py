"""`evokd check --probe`: a few paid calls to each endpoint, in books of their own.

The books lie in `probes/NAME-TIME`, laid out as a run's are, so that `evokd tokens` reads them;
apart from `runs/`, for nothing was learnt there.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evokd.config import ROLES, BudgetConfig, Config, Endpoint, Role
from evokd.ledger.budget import Budget
from evokd.ledger.ledger import Ledger
from evokd.ledger.totals import totals
from evokd.store.clock import now
from evokd.store.event_log import EventLog
from evokd.store.events import Event, Warned
from evokd.store.run_dir import RunDir
from evokd.teacher.faults import TeacherDown
from evokd.teacher.metering import Metering
from evokd.teacher.pool import teacher_of
from evokd.teacher.probe import Probed, Prober
from graph.checking.finding import Finding

RETRIES = 1
"""A probe tells what is there now; it does not wait for better times."""


@dataclass(frozen=True, slots=True)
class Probes:
    """What all endpoints told, and what it took."""

    findings: tuple[Finding, ...]
    billed: dict[str, Any]
    """As `evokd tokens DIR --format json` has it."""


def probe(config: Config, endpoints: Sequence[Endpoint], folder: Path) -> Probes:
    """Ask each remote endpoint; books and trace are written to a new folder.

    Raises:
        ConfigError: a folder that holds something, a key that is not set.
    """
    run = {
        "id": uuid.uuid4().hex[:12],
        "name": f"probe of {config.name}",
        "method": config.method,
        "seed": config.seed,
        "status": "done",
        "reason": "probed: no student was trained",
        "created_at": now(),
        "ended_at": now(),
        "elapsed_s": 0.0,
    }
    directory = RunDir.create(folder, config, run)
    events, ledger = EventLog(directory.events), Ledger(directory.ledger)
    heard: list[Event] = []

    def hear(event: Event) -> None:
        events.add(event)
        heard.append(event)

    budget = Budget(BudgetConfig(tokens=None))
    metering = Metering(ledger, budget, hear, config.seed, hopeful=True)
    try:
        found = asyncio.run(_all(config, endpoints, metering))
        billed = totals(ledger.db, (), "edge")["billed"]
    finally:
        ledger.close_database()
        events.close()
    told = [Finding("server", "warning", one.text) for one in heard if isinstance(one, Warned)]
    return Probes((*found, *told), billed)


async def _all(config: Config, endpoints: Sequence[Endpoint], metering: Metering) -> list[Finding]:
    found: list[Finding] = []
    try:
        for number, endpoint in enumerate(endpoints):
            found += await _one(config, endpoint, metering, number)
    finally:
        await metering.drain()
    return found


async def _one(
    config: Config, endpoint: Endpoint, metering: Metering, number: int
) -> list[Finding]:
    what = f"probe {endpoint.title}"
    if endpoint.model is None:
        return [Finding(what, "skipped", "answers in this process: what it can do is known")]
    # by itself, at the whole price: nobody waits hours to be told what a server can do
    sooner = {"retries": min(endpoint.retries, RETRIES), "batch": None}
    impatient = endpoint.model_copy(update=sooner)
    teacher = teacher_of(impatient)
    try:
        probed = await Prober(metering, teacher, _role_of(config, endpoint), number).all()
    except TeacherDown as down:
        return [Finding(what, "failed", f"teachers: {endpoint.title}: {down}", by_endpoint=True)]
    finally:
        await teacher.close()
    return [_told(what, endpoint, one) for one in probed]


def _told(what: str, endpoint: Endpoint, one: Probed) -> Finding:
    promised = one.capability == "logprobs" and endpoint.logprobs
    state: Any = {"yes": "ok", "no": "warning", "unknown": "skipped"}[one.answered]
    found = Finding(what, state, f"{one.capability}: {one.text}")
    if promised and one.answered == "no":
        return replace(found, state="failed", by_endpoint=True)
    return found


def _role_of(config: Config, endpoint: Endpoint) -> Role:
    """The first role that it has: the agent in the books."""
    return next(role for role in ROLES if endpoint in config.teachers.of(role))
