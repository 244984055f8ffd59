"""Says it once when too few of a role's replies can be used, with the likely cause."""

from __future__ import annotations

from evokd.runs.silence import silent_roles
from evokd.runs.usable import complaints, usable_of
from evokd.store.events import Warned
from graph.core.run_context import RunContext


def warn_of_useless(run: RunContext, round_number: int, node: str) -> None:
    """Tell the trace of each such role, once a process."""
    run.events.write()  # what waits there tells the reasons
    ledger = run.metering.ledger.db
    silent = {one.role for one in silent_roles(ledger)}  # they are told of by themselves
    found = [one for one in usable_of(ledger, run.events.db) if one.role not in silent]
    for role, text in complaints(found, run.config.model_dump(mode="json")).items():
        if role not in run.useless:
            run.useless.add(role)
            run.emit(Warned(round=round_number, node=node, text=text))
