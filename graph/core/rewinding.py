"""Where a run begins again that came to its end without a usable reply in a role it needs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from evokd.config import Role
from graph.core.run_context import RunContext


async def before_the_first_call(
    graph: Any, settings: Any, run: RunContext, roles: Collection[Role]
) -> Any:
    """Settings that let the graph go on from where one of these roles was first asked.

    Calls of others that came before stay paid; what came behind is done again, for it was done with
    nothing in hand. Where the student's state of then is gone, the run begins from the first step.

    Args:
        graph: At its end.
        settings: Of its thread.
        run: Whose students they are.
        roles: That gave nothing; the node of that name asks in a role.
    """
    past = [snapshot async for snapshot in graph.aget_state_history(settings)]  # the newest first
    asking = [snapshot for snapshot in past if set(snapshot.next) & set(roles)]
    begin = asking[-1] if asking else past[-1]
    if run.students.gave_up(begin.values.get("round", 0) - 1):
        begin = past[-1]
    return {
        **settings,
        "configurable": {**settings["configurable"], **begin.config["configurable"]},
    }
