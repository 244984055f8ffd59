"""attribute_proposer: AttrPrompt's set-up, once and before the warm-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agents.attribute_replies import LEAST
from agents.attributes import ROLE, Dimension, propose, that_fit
from evokd.config import RunError
from evokd.store.events import Warned
from graph.core.node_context import NodeContext
from graph.core.state import LoopState

if TYPE_CHECKING:
    from evokd.teacher.client import Answer
    from graph.methods.attrprompt import AttrPrompt


async def attribute_proposer(
    state: LoopState, node: NodeContext, method: AttrPrompt
) -> dict[str, Any]:
    """Propose dimensions and values; without them the run would be another method's.

    Raises:
        RunError: a proposal could not be read, twice, or the role's own budget had no call left.
    """
    run, settings = node.run, method.settings
    client = node.client(ROLE)
    asked = {"dimensions": settings.dimensions, "values": settings.values}
    result = await propose(client, run.pack, node.view, **asked)
    if result.stopped is not None:
        return _stopped(node, node.stop(result.stopped), str(result.stopped))
    if result.failures:
        raise RunError(_failed(result.failures[0]))
    found, stop = list(result.dimensions), dict[str, str]()
    if settings.filter:
        found, stop = await _filtered(node, found, settings.similar)
    common = sum(one.label is None for one in found)
    if common < settings.dimensions:
        few = f"{common} of {settings.dimensions} dimensions could be used"
        node.emit(Warned(text=f"{few}: `rivals.attrprompt.dimensions` asks for more"))
    run.dir.write_round(node.edge.round, "attributes.jsonl", [one.to_json() for one in found])
    return {"attributes": node.put(found), **stop}


def _stopped(node: NodeContext, stop: dict[str, str], said: str) -> dict[str, Any]:
    """A budget of the run ends it in order; one of the role alone leaves nothing to go on with."""
    if not stop:
        raise RunError(_failed(said))
    return stop


def _failed(reason: str) -> str:
    return (
        f"{ROLE}: no attributes, and without them this would be zerogen: {reason}; see"
        f" `teachers.{ROLE}`, `prompts.pack` and `rivals.attrprompt`"
    )


async def _filtered(
    node: NodeContext, found: Sequence[Dimension], similar: int
) -> tuple[list[Dimension], dict[str, str]]:
    """Without subtopics that fit a similar class, too; what nobody can tell stays."""
    near = await _similar(node, similar)
    asked = [
        (value, one.label, other)
        for one in found
        if one.label is not None
        for value in one.values
        for other in near[one.label]
    ]
    questions = [(value, other) for value, _, other in asked]
    answers, stopped = await that_fit(node.client(ROLE), node.run.pack, node.view, questions)
    out: dict[str, dict[str, Answer[bool]]] = {}
    for (value, label, _), answer in zip(asked, answers, strict=True):
        if answer is not None and answer.value:
            out.setdefault(label, {})[value] = answer
    silent = sum(answer is None for answer in answers)
    if silent and stopped is None:
        text = f"of {silent} subtopics nobody could tell whether they fit another class: they stay"
        node.emit(Warned(text=text))
    return [_without(node, one, out.get(one.label or "", {})) for one in found], node.stop(stopped)


def _without(node: NodeContext, one: Dimension, out: Mapping[str, Answer[bool]]) -> Dimension:
    kept = tuple(value for value in one.values if value not in out)
    if len(kept) < LEAST:
        text = f"nearly all subtopics of {one.label} fit another class, too: they stay"
        node.emit(Warned(text=text))
        return one
    return replace(one, values=kept, calls=(*one.calls, *(answer.call for answer in out.values())))


async def _similar(node: NodeContext, most: int) -> dict[str, list[str]]:
    """Class → the classes whose names and descriptions lie nearest, by the student's base model."""
    import numpy as np

    labels = node.view.ordered
    lines = [f"{label}: {node.view.descriptions.get(label, '')}" for label in labels]
    vectors = np.asarray(await node.run.students.embed(lines, -1), dtype=np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths > 0, lengths, 1)
    near = unit @ unit.T
    np.fill_diagonal(near, -np.inf)
    ranked = np.argsort(-near, axis=1, kind="stable")[:, : min(most, len(labels) - 1)]
    return {
        label: [labels[at] for at in row]
        for label, row in zip(labels, ranked.tolist(), strict=True)
    }
