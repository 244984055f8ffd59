"""Several completions of one prompt (`loop.completions`): how often a labeler votes on a text."""

from __future__ import annotations

from agents.labeler import votes_at_once
from agents.task_view import TaskView
from evokd.config import Endpoint
from graph.core.method import Method
from graph.core.run_context import RunContext


def votes_of(run: RunContext, view: TaskView, endpoint: Endpoint) -> int:
    """Votes that a labeler's endpoint casts on each text; one, where that is what its paths say."""
    if run.config.loop.decoding.labeler != "sample":
        return 1
    return votes_at_once(run.pack, view, endpoint.temperature, run.config.loop.completions)


def remarks(run: RunContext, method: Method) -> list[str]:
    """What a user should know of it: labelers that would say the same thing several times."""
    wanted = run.config.loop.completions
    decodes = run.config.loop.decoding.labeler != "sample"
    if wanted == 1 or "labeler" not in method.roles or decodes:
        return []
    once = [
        endpoint.title
        for endpoint in run.config.teachers.of("labeler")
        if votes_of(run, run.view, endpoint) == 1
    ]
    if not once:
        return []
    return [
        f"loop.completions: {wanted}: {', '.join(dict.fromkeys(once))} labels with one vote: at"
        " temperature 0, and by log-probability, all completions are equal (a `temperature` above 0"
        " for `teachers.labeler` gives several votes)"
    ]
