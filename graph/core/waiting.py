"""Waiting for a person: the graph runs on as long as it has its answers, else the run stops.

What was asked stands in the interrupt, the answers in the run's verdict file. A run that is killed
at any point finds both again, and no call is repeated: the node that asks spends nothing.
"""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import Any

from langgraph.runtime import RunControl
from langgraph.types import Command

from evokd.config import ConfigError
from evokd.runs.formatting import several
from evokd.runs.review import Asked, review_of
from evokd.store.artefacts import Ref
from graph.core.run_context import RunContext


async def until_asked(
    graph: Any,
    given: Any,
    settings: Any,
    run: RunContext,
    control: RunControl,
    *,
    skip_open: bool = False,
) -> dict[str, Any] | Asked:
    """Drive a graph to its end, or to a question that nobody has answered.

    Args:
        graph: Of the run.
        given: The first state; None goes on from where it stands.
        settings: Of its thread.
        run: Of the graph.
        control: Ends it in order.
        skip_open: What stands open in the question that it waits at now is left to the agents.

    Returns:
        The last state, or what is asked.
    """
    skips = skip_open and given is None
    while True:
        asked = None if given is not None else await question(graph, settings)
        if asked is not None:
            answer = answer_to(run, asked, skips)
            if answer is None:
                return asked
            given = Command(resume=answer)
        state: dict[str, Any] = await graph.ainvoke(
            given, settings, durability="sync", control=control
        )
        settings = {
            **settings,
            "configurable": {"thread_id": settings["configurable"]["thread_id"]},
        }
        if run.config.loop.human is None or await question(graph, settings) is None:
            return state
        given, skips = None, False


async def question(graph: Any, settings: Any) -> Asked | None:
    """What the graph waits for; None where it doesn't."""
    found = (await graph.aget_state(settings)).interrupts
    return Asked.of(found[0].value) if found else None


def answer_to(run: RunContext, asked: Asked, skip_open: bool) -> Ref | None:
    """The verdicts, as an artefact; None while a row has none, or their file can't be read."""
    try:
        review = review_of(run.dir.path, run.config, asked)
    except ConfigError:  # edited wrongly while the run was not waiting: `how_to_answer` says it
        return None
    if review.open and not skip_open:
        return None
    return run.artefacts.put(asdict(one) for one in review.decisions.values())


def how_to_answer(run: RunContext, asked: Asked) -> str:
    """Why the run stands still, and what to do about it.

    Raises:
        ConfigError: the verdicts can't be read as such.
    """
    review = review_of(run.dir.path, run.config, asked)
    path = shlex.quote(str(review.directory))
    return (
        f"{several(len(review.open), 'row')} of round {review.round} without a person's verdict:"
        f" `evokd review {path}`, then `evokd resume {path}`"
    )
