"""Where a run begins again that had come to its end: nothing usable came, or its limits grew."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from langgraph.runtime import RunControl
from langgraph.types import Overwrite

from evokd.config import Role, RunError
from evokd.runs.review import Asked
from graph.core.run_context import RunContext
from graph.core.waiting import until_asked

TAKE_UP = "take_up"
"""Key of run.json: the run has new limits; a round that ended it by the old ones is to be closed
anew."""
CLOSING = ("trainer", "warm_up")
"""Nodes that close a round and say whether it was the last."""


async def where_to_go_on(
    graph: Any, settings: Any, run: RunContext, silent: Collection[Role], control: RunControl
) -> Any:
    """Settings that let a graph go on that had begun; mostly from where it stands.

    Args:
        graph: Of the run.
        settings: Of its thread.
        run: Whose students they are.
        silent: Roles it needs, of which nothing was usable.
        control: Ends it in order.
    """
    state, about = await graph.aget_state(settings), run.dir.run()
    new_limits = about.pop(TAKE_UP, False)
    if silent and not state.next:
        settings = await before_the_first_call(graph, settings, run, silent)
    elif new_limits and state.values.get("stop"):
        ended: Any = None
        if state.next:  # it was about to end
            ended = await until_asked(graph, None, settings, run, control)
        if isinstance(ended, Asked):
            about[TAKE_UP] = True  # once it has its answer
        else:
            await before_the_last_round_closed(graph, settings, run)
    run.dir.save_run(about)
    return settings


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


async def before_the_last_round_closed(graph: Any, settings: Any, run: RunContext) -> None:
    """Put the graph before the node that closed the last round, with no reason to stop.

    That node spends no token. It does its work again on the student of before, for it may have
    trained otherwise because the round was the last; so a run of two rounds and two more is one of
    four. The calls of the round stay on the lineage, and useful.

    Args:
        graph: At its end.
        settings: Of its thread.
        run: Whose students they are.

    Raises:
        RunError: the student's state of then is gone.
    """
    async for snapshot in graph.aget_state_history(settings):  # the newest first
        closing = [name for name in snapshot.next if name in CLOSING]
        if closing:
            break
    else:
        raise RunError(f"{run.dir.path}: no round of this run was closed; begin a new run")
    values, number = snapshot.values, int(snapshot.values.get("round", 0))
    if number > 0 and run.students.gave_up(number - 1):
        raise RunError(f"{run.dir.path}: the student before round {number} is gone; begin anew")
    update: dict[str, Any] = {"came_from": values.get("came_from", [])}  # kept for one step alone
    if values.get("stop"):  # LangGraph would store the wrapper itself where there is no value yet
        update["stop"] = Overwrite(None)
    await graph.aupdate_state(snapshot.config, update)
    run.metering.ledger.drop_freight(closing[0], number)
