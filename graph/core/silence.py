"""Says when roles got nothing: of a round, of an endpoint, of the run, which has failed then."""

from __future__ import annotations

from evokd.config import ROLES
from evokd.ledger.totals import sums
from evokd.runs.silence import (
    explained,
    in_a_round,
    of_an_endpoint,
    silent_endpoints,
    silent_roles,
)
from evokd.runs.usable import usable_of
from evokd.store.events import Warned
from graph.core.method import Method
from graph.core.run_context import RunContext


def warn_of_silence(run: RunContext, round_number: int, node: str) -> None:
    """Tell the trace of roles that got nothing in a round, and once a process of endpoints."""
    ledger = run.metering.ledger.db
    config = run.config.model_dump(mode="json")
    texts = [in_a_round(one, round_number) for one in silent_roles(ledger, round_number)]
    for at, one in silent_endpoints(ledger):
        if (one.role, at) not in run.silent:
            run.silent.add((one.role, at))
            texts.append(of_an_endpoint(one, at, config))
    for text in texts:
        run.emit(Warned(round=round_number, node=node, text=text, grave=True))


def warn_of_unasked(run: RunContext, method: Method, stop: str) -> None:
    """Tell the trace of roles that a budget left no call for: the run had no chance."""
    if not stop.startswith("budget"):
        return
    asked = {row["agent"] for row in sums(run.metering.ledger.db, "agent")}
    for role in method.roles:
        if ROLES[role].needed and role not in asked:
            run.emit(Warned(node="END", text=f"{role} was never asked: {stop}", grave=True))


def silent_needed(run: RunContext, method: Method) -> list[str]:
    """Roles that the method can't do without, of which nothing was usable in all of the run."""
    silent = {one.role for one in silent_roles(run.metering.ledger.db)}
    return [role for role in method.roles if ROLES[role].needed and role in silent]


def why_silent(run: RunContext, roles: list[str]) -> str:
    """In words, with what was said and the keys of the config that help."""
    run.events.write()  # what waits there tells the reasons
    ledger, config = run.metering.ledger.db, run.config.model_dump(mode="json")
    replies = usable_of(ledger, run.events.db)
    silent = [one for one in silent_roles(ledger) if one.role in roles]
    return "; ".join(explained(one, replies, config) for one in silent)
