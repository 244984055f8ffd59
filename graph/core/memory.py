"""Policies of memory in the loop: which rows stay (`loop.keep`), which come again (`loop.review`).

The policies are in `student/selection/memory`; here is what the config may ask of them, what they
are given, and how the state of one that watches rows over rounds goes from round to round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from evokd.config import Config, ConfigError, Gold, KeepConfig
from evokd.config.nearest import did_you_mean
from evokd.tasks.continual import known_rows
from evokd.tasks.example import Example
from evokd.tasks.formats import TaskFormat
from evokd.tasks.formats.task_format import stratum
from student.selection.memory import MEMORIES, Memory, Need, Place, StudentView

if TYPE_CHECKING:
    from evokd.store.artefacts import Ref
    from graph.core.node_context import NodeContext

T = TypeVar("T")
ASKS_NO_STUDENT: frozenset[Need] = frozenset({"gold", "incoming"})
READS_NO_LABEL: frozenset[Need] = ASKS_NO_STUDENT | {"embeddings"}


def check_memory(config: Config, *, keeps: bool) -> None:
    """Refuse policies that there are not, or that can't work with this task, student or method.

    Args:
        config: Of the run.
        keeps: The method's graph has rounds with new rows.

    Raises:
        ConfigError: naming the key.
    """
    keep, review, method = config.loop.keep, config.loop.review, config.method
    if keep is not None:
        if not keeps:
            raise ConfigError(
                f"loop.keep: method {method} has no rounds in which rows are written for an"
                " encoder, so there is nothing to keep; leave it out"
            )
        check_policy(config, "loop.keep", "keep", keep.policy, keep.gold)
    if review.policy is None:
        return
    if not keeps or not config.loop.switches.review:
        reason = f"method {method}" if not keeps else "`loop.switches.review: false`"
        raise ConfigError(f"loop.review.policy: nothing is reviewed with {reason}; leave it out")
    if review.sampling != "balanced" and review.policy != review.sampling:
        raise ConfigError(
            f"loop.review: `sampling: {review.sampling}` and `policy: {review.policy}` say two"
            " things of the same draw: leave `sampling` out"
        )
    if config.student.update == "retrain":
        raise ConfigError(
            "loop.review.policy: with `student.update: retrain` the student learns all of history"
            " in every round, so what is reviewed changes nothing: set `student.update: continue`,"
            " or leave it out"
        )
    check_policy(config, "loop.review", "review", review.policy, review.gold)


def check_policy(config: Config, key: str, place: Place, name: str, gold: Gold) -> None:
    """Refuse a policy that there is not, or that can't work in this place with this task.

    Args:
        config: Of the run.
        key: Of the section that names it, for messages.
        place: Where it is to serve.
        name: Of the policy.
        gold: Which rows it is to value others towards.

    Raises:
        ConfigError: naming the key.
    """
    policy = MEMORIES.get(name)
    if policy is None:
        known = ", ".join(_serving(place))
        raise ConfigError(
            f"{key}.policy: expected one of {known}, got {name!r}{did_you_mean(name, MEMORIES)}"
        )
    if place not in policy.places:
        raise ConfigError(
            f"{key}.policy: {name} can't say what to {place}: expected one of"
            f" {', '.join(_serving(place))}"
        )
    kind = config.task.kind
    if kind not in policy.kinds:
        serving = [one for one in _serving(place) if kind in MEMORIES[one].kinds]
        raise ConfigError(
            f"{key}.policy: {name} does not work with task.kind {kind}: it compares rows by labels"
            f" or texts in one common space, which is there for {', '.join(sorted(policy.kinds))};"
            f" {', '.join(serving)} work"
        )
    if config.task.introduce and policy.needs - READS_NO_LABEL:
        raise ConfigError(
            f"{key}.policy: {name} with `task.introduce`: the student is asked about rows of"
            " labels that it doesn't know yet; leave one of them out"
        )
    if gold == "dev" and config.task.data.dev is None:
        raise ConfigError(
            f"{key}.gold: dev needs `task.data.dev`; name one there, or write `gold: shots`"
        )


def memory_remarks(config: Config) -> list[str]:
    """What should be told of policies that work, and have little to go by."""
    keep, review = config.loop.keep, config.loop.review
    named = [("loop.keep", keep.policy, keep.gold)] if keep else []
    named += [("loop.review", review.policy, review.gold)] if review.policy else []
    return [
        f"{key}.policy: {name} values rows towards the seed shots, and there is one a class: give"
        f" `task.shots: 5` or more, or `{key}.gold: dev`"
        for key, name, gold in named
        if "gold" in MEMORIES[name].needs and gold == "shots" and config.task.shots == 1
    ]


def new_memory(
    config: Config, task_format: TaskFormat, name: str, gold: Sequence[Example]
) -> Memory:
    """A memory of nothing, with the run's seed.

    Args:
        config: Of the run.
        task_format: Says which class a label counts under.
        name: Of the policy.
        gold: Rows of sure labels, never test.
    """
    return MEMORIES[name](
        gold=gold, stratum=lambda label: stratum(task_format, label), seed=config.seed
    )


def memory_of(
    node: NodeContext, state: Mapping[str, Any], name: str, gold: Sequence[Example]
) -> Memory:
    """A node's memory as the round before left it; one that doesn't watch begins anew."""
    run = node.run
    ref: Ref | None = (state.get("memories") or {}).get(node.edge.target)
    if ref is None or not MEMORIES[name].watches:
        return new_memory(run.config, run.task.task_format, name, gold)
    kept = run.artefacts.get(ref)[0]
    return MEMORIES[name].from_state(
        kept, stratum=lambda label: stratum(run.task.task_format, label)
    )


async def consulted(node: NodeContext, memory: Memory, ask: Callable[[StudentView | None], T]) -> T:
    """What `ask` makes of the student as it stood before this round; none where nobody asks it."""
    if not memory.needs - ASKS_NO_STUDENT:
        return ask(None)
    return await node.run.students.consult(ask, node.edge.round - 1)


def remembered(node: NodeContext, state: Mapping[str, Any], memory: Memory) -> dict[str, Any]:
    """The state update that hands a memory that watches on to the next round."""
    if not memory.watches:
        return {}
    ref = node.run.artefacts.put([memory.state()])
    return {"memories": {**(state.get("memories") or {}), node.edge.target: ref}}


def gold_rows(node: NodeContext, gold: Gold) -> Sequence[Example]:
    """The seed shots or the dev rows that are known in this round."""
    if gold == "shots":
        return node.seeds
    assert node.run.task.dev is not None
    return known_rows(node.run.task.dev, node.task_format)


def without_policies(config: Config) -> Config:
    """The config with policies that ask nobody, and keep and repeat as many rows.

    For a dry run, whose students know nothing and which reads no dev row.
    """
    loop = config.loop
    keep = loop.keep and KeepConfig(
        policy="uniform", share=loop.keep.share, per_class=loop.keep.per_class
    )
    review = loop.review.model_copy(update={"policy": None, "gold": "shots"})
    return config.model_copy(
        update={"loop": loop.model_copy(update={"keep": keep, "review": review})}
    )


def _serving(place: Place) -> list[str]:
    return [name for name, policy in MEMORIES.items() if place in policy.places]
