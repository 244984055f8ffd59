"""Several paths to one answer (`loop.decoding`): who decodes, how, and what can't work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from agents.decoding.asking import PathPlan
from agents.decoding.decided import Decided
from agents.labeler_paths import KINDS
from evokd.config import Config, ConfigError, Continuation, Endpoint, PathsConfig
from evokd.store.events import Decoded, Warned
from prompts.pack import REASONED_LABELER

if TYPE_CHECKING:
    from graph.core.loop_method import LoopMethod
    from graph.core.node_context import NodeContext
    from prompts.pack import Pack

Decoder = Literal["analyst", "labeler"]
DECODERS: tuple[Decoder, ...] = ("analyst", "labeler")
"""Who may take several paths; the settings of `loop.decoding`."""


def continuation_of(config: PathsConfig, endpoint: Endpoint) -> Continuation:
    """How an endpoint goes on from a beginning; of a remote one nobody knows that it can."""
    if config.continuation != "auto":
        return config.continuation
    return "samples" if endpoint.model is not None else "llama.cpp"


def check_continuation(key: str, config: PathsConfig, endpoint: Endpoint) -> None:
    """Whether an endpoint can go on from a beginning in the way that is said.

    Args:
        key: Of the config, in messages.
        config: What it says.
        endpoint: Who is asked.

    Raises:
        ConfigError: its provider's protocol has no such way.
    """
    if endpoint.provider is not None and config.continuation in ("llama.cpp", "vllm"):
        raise ConfigError(
            f"{key}.continuation: {config.continuation} is a server's own extension of OpenAI's"
            f" protocol, which {endpoint.title} does not speak; take samples, or auto"
        )


def path_plan(config: Config, role: Decoder, endpoint: Endpoint) -> PathPlan | None:
    """How a role's endpoint takes its paths; None where it gives one reply."""
    decoding = config.loop.decoding
    how = getattr(decoding, role)
    if how == "sample":
        return None
    weighed = how == "cot_decoding"
    return PathPlan(
        k=decoding.k,
        continuation=continuation_of(decoding, endpoint) if weighed else "samples",
        temperature=decoding.temperature,
        rule=decoding.choose if weighed else "majority",
        weighed=weighed,
        together=True,
    )


def tell(node: NodeContext, decided: Iterable[Decided], voter: int = 0) -> None:
    """Put the paths into the trace; of what went wrong with them a warning, once a node."""
    strange: dict[str, int] = {}
    for one in decided:
        node.emit(_event(one, voter))
        if one.reason is not None and one.chosen is not None:
            strange[one.reason] = strange.get(one.reason, 0) + 1
    for reason, times in strange.items():
        node.emit(Warned(text=f"loop.decoding.{node.edge.target}: {reason} ({times} times)"))


def _event(one: Decided, voter: int) -> Decoded:
    return Decoded(
        voter=voter,
        row=one.row,
        call=None if one.chosen is None else one.calls[one.chosen],
        rule=one.rule,
        branched=one.branched,
        chosen=one.chosen,
        weight=round(one.weight, 4),
        answers=[path.answer for path in one.paths],
        margins=[None if p.margin is None else round(p.margin, 4) for p in one.paths],
        calls=list(one.calls),
        completions=list(one.places),
        asked=list(one.asked),
        reason=one.reason,
    )


def check_decoding(method: LoopMethod, pack: Pack) -> None:
    """Whether pack, task and servers can do what is asked.

    Raises:
        ConfigError: naming the field, and what would do.
    """
    config = method.config
    decoding = config.loop.decoding
    for role in _asked(method):
        if getattr(decoding, role) == "cot_decoding":
            for endpoint in config.teachers.of(role)[: 1 if role == "analyst" else None]:
                _check_logprobs(role, endpoint)
                check_continuation("loop.decoding", decoding, endpoint)
            sampled = _sampled(config, role) if decoding.temperature == 0 else []
            if sampled:
                raise ConfigError(
                    f"loop.decoding.temperature: 0 makes all paths of the {role} the same, for they"
                    f" are samples ({', '.join(sampled)}); set it above 0 (0.7 is usual)"
                )
    if "labeler" not in _asked(method):
        return
    named = f"loop.decoding.labeler: {decoding.labeler}"
    if config.task.kind not in KINDS:
        raise ConfigError(
            f"{named} is for task.kind {' and '.join(sorted(KINDS))}, whose labels are names that"
            f" a path can end with, not for {config.task.kind}; set it to sample"
        )
    if config.loop.confidence:
        raise ConfigError(
            f"loop.confidence: with {named} the paths say how sure the labeler is; leave it out"
        )
    if REASONED_LABELER not in pack.templates:
        raise ConfigError(
            f"prompts.pack: {pack.name} has no {REASONED_LABELER}.j2, which {named} needs (the"
            " shipped packs have one to begin with)"
        )


def _check_logprobs(role: Decoder, endpoint: Endpoint) -> None:
    if "logprobs" in endpoint.omit or (endpoint.model is not None and not endpoint.logprobs):
        raise ConfigError(
            f"teachers.{role}: {endpoint.title}: `loop.decoding.{role}: cot_decoding` weighs paths"
            " by log-probabilities; say `logprobs: true` if this endpoint gives them (`evokd check"
            " --probe` asks it), or take self_consistency, which needs none"
        )


def decoding_remarks(method: LoopMethod) -> list[str]:
    """What a user should know of it: who is not asked at all, and whose paths are samples."""
    config, said = method.config, list[str]()
    decoding = config.loop.decoding
    for role in DECODERS:
        how = getattr(decoding, role)
        if how == "sample":
            continue
        if role not in method.roles:
            said.append(f"loop.decoding.{role}: no {role} is asked here: it changes nothing")
            continue
        sampled = _sampled(config, role) if how == "cot_decoding" else []
        if sampled:
            said.append(
                f"loop.decoding.{role}: {', '.join(sampled)}: paths are samples, weighed by their"
                " margins"
            )
    return said


def _sampled(config: Config, role: Decoder) -> Sequence[str]:
    """Endpoints whose paths don't part at the first token, and why."""
    from graph.packs import pack_of  # it knows the methods, which know this module

    if role == "analyst" and pack_of(config).manifest.analyst.reply == "json":
        return ["a reply in JSON has but one first token"]
    found = [
        endpoint.title
        for endpoint in config.teachers.of(role)
        if continuation_of(config.loop.decoding, endpoint) == "samples"
    ]
    return [f"{name} is not known to go on from a beginning" for name in dict.fromkeys(found)]


def _asked(method: LoopMethod) -> list[Decoder]:
    """The roles that decode, of those that are asked at all."""
    decoding = method.config.loop.decoding
    return [
        role for role in DECODERS if role in method.roles and getattr(decoding, role) != "sample"
    ]
