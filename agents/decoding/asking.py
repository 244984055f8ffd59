"""Asking for several paths to one answer, over an API.

CoT-decoding: one call asks for the first token's candidates; each is put into the assistant's mouth
and continued greedily, where the server can: llama.cpp by itself, vLLM when told to. Elsewhere, and
where a reply must be JSON, which has but one first token, the paths are samples; so they are for
self-consistency. Which path is taken is decided by `paths.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, TypeVar

from agents.decoding.margins import branches
from agents.gather_usable import NOT_ASKED, Gathered, gather_completions, gather_usable
from evokd.config import Continuation, Rule
from evokd.ledger.budget import BudgetReached
from evokd.teacher.client import Answer, Asked, LLMClient
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply, TokenLogprob
from evokd.teacher.request import Message, Request

T = TypeVar("T")
CANDIDATES = 2
"""Candidates a token: with two, a server that keeps only the last piece of a character shows it."""
NO_LOGPROBS = "the server sent no log-probabilities (does it support `logprobs`?)"
_TOLD: Mapping[Continuation, Mapping[str, Any]] = {
    "vllm": {"add_generation_prompt": False, "continue_final_message": True}
}


@dataclass(frozen=True, slots=True)
class PathPlan:
    """How paths are made, and one of them taken."""

    k: int
    """Paths: branches at the first token, or samples."""
    continuation: Continuation
    temperature: float
    """Of sampled paths."""
    rule: Rule = "aggregated"
    weighed: bool = True
    """Log-probabilities are asked for; a path that comes without is not used where the rule needs
    them."""
    together: bool = False
    """Samples are completions of one request, where the server knows how."""
    first: str = "{key}/first"
    """Call key of the first token."""
    each: str = "{key}/path-{at}"
    """Call key of a path."""


@dataclass(frozen=True, slots=True)
class Way(Generic[T]):
    """A path that came."""

    value: T
    """What was read of it."""
    reply: Reply
    """Text and tokens that the model wrote, the branching token included in both."""
    call: str
    before: str = ""
    """What its server repeated of the prompt in front of that."""
    place: int = 0
    """Which completion of the call it is, from 0."""


@dataclass(frozen=True, slots=True)
class Ways(Generic[T]):
    """The paths of one question, in their order."""

    ways: tuple[Way[T], ...]
    calls: tuple[str, ...]
    """All usable calls, that for the first token among them."""
    reasons: tuple[str, ...]
    """Why others are missing."""
    stopped: BudgetReached | None
    branched: bool
    """Whether they part at the first token; else they are samples."""

    @property
    def reason(self) -> str | None:
        """Why there is no path at all."""
        return None if self.ways else next(iter(self.reasons), "no path was answered")


class _Read(NamedTuple):
    """A reply as a path, before its call is known."""

    value: Any
    reply: Reply
    before: str


async def ask_paths(
    client: LLMClient, root: Request, plan: PathPlan, read: Callable[[Reply], T]
) -> Ways[T]:
    """Ask for the paths of one question; a useless one costs itself only.

    Args:
        client: Whom to ask.
        root: The question, as it would be asked once; its temperature is not used.
        plan: How.
        read: Reads what the model wrote; raises `Unusable` for a path that is of no use.
    """
    branched = plan.continuation != "samples" and root.schema is None
    if branched:
        return await _branched(client, root, plan, read)
    return await _sampled(client, root, plan, read)


async def _branched(
    client: LLMClient, root: Request, plan: PathPlan, read: Callable[[Reply], T]
) -> Ways[T]:
    begun, before = _begun(root)
    told = _TOLD.get(plan.continuation, {})
    request = replace(
        root,
        call_key=plan.first.format(key=root.call_key),
        temperature=0.0,
        max_tokens=1,
        top_logprobs=plan.k,
        holds=("temperature", "max_tokens"),
        extra={**root.extra, **told} if begun else root.extra,
    )
    try:
        first = await client.ask(request, lambda reply: reply)
    except Unusable as error:
        return Ways((), (), (f"unusable reply: {error}",), None, True)
    except BudgetReached as reached:
        return Ways((), (), (NOT_ASKED,), reached, True)
    if not first.value.logprobs:
        return Ways((), (first.call,), (f"first token: {NO_LOGPROBS}",), None, True)
    token = first.value.logprobs[0]
    known = dict(token.top)
    asked: list[Asked[_Read]] = []
    for at, beginning in enumerate(branches(token, plan.k)):
        said = Message("assistant", f"{begun}{beginning}")
        path = replace(
            root,
            call_key=plan.each.format(key=root.call_key, at=at),
            prompt=replace(root.prompt, messages=(*before, said)),
            temperature=0.0,
            top_logprobs=CANDIDATES,
            holds=("temperature",),
            extra={**root.extra, **told},
        )
        branch = TokenLogprob(beginning, known[beginning], token.top)
        asked.append(Asked(path, _reader(read, plan, begun, branch)))
    found = await gather_usable([client.ask(one.request, one.parse) for one in asked])
    return _gathered(found, (first.call,), branched=True)


async def _sampled(
    client: LLMClient, root: Request, plan: PathPlan, read: Callable[[Reply], T]
) -> Ways[T]:
    begun, _ = _begun(root)
    sample = replace(
        root,
        temperature=plan.temperature,
        top_logprobs=CANDIDATES if plan.weighed else 0,
        holds=("temperature",),
    )
    parse = _reader(read, plan, begun, None)
    asked = [
        Asked(replace(sample, call_key=plan.each.format(key=root.call_key, at=at)), parse)
        for at in range(plan.k)
    ]
    most = plan.k if plan.together else 1
    return _gathered(await gather_completions(client, asked, None, most), (), branched=False)


def _begun(root: Request) -> tuple[str, tuple[Message, ...]]:
    """What the prompt has begun of the reply, and the messages before that."""
    *before, last = root.prompt.messages
    if last.role == "assistant":
        return last.content, tuple(before)
    return "", root.prompt.messages


def _reader(
    read: Callable[[Reply], T], plan: PathPlan, begun: str, branch: TokenLogprob | None
) -> Callable[[Reply], _Read]:
    """Reads a reply as a path: what was put into the model's mouth is no part of it, the branch is.

    Args:
        read: Reads what the model wrote.
        plan: Of the paths.
        begun: What the prompt has begun of the reply.
        branch: The token that the path parts at; None: it is a sample.
    """
    needs = plan.weighed and plan.rule != "majority"

    def path(raw: Reply) -> _Read:
        if needs and not raw.logprobs and raw.text:
            raise Unusable(NO_LOGPROBS)
        put = begun + (branch.token if branch else "")
        rest = behind(put, raw.text)
        repeated = begun if put and rest != raw.text else ""
        reply = replace(raw, text=rest)
        if branch is not None:
            reply = replace(reply, text=branch.token + rest, logprobs=(branch, *raw.logprobs))
        return _Read(read(reply), reply, repeated)

    return path


def behind(prefix: str, text: str) -> str:
    """What a reply adds to the beginning it was given; llama.cpp repeats the beginning."""
    for known in (prefix, prefix.strip()):
        if known and text.startswith(known):
            return text[len(known) :]
    return text


def _gathered(found: Gathered[Answer[_Read]], calls: tuple[str, ...], *, branched: bool) -> Ways[T]:
    ways: list[Way[T]] = []
    met: dict[str, int] = {}
    for answer in found.values:
        if answer is None:
            continue
        place = met.get(answer.call, 0)
        met[answer.call] = place + 1
        ways.append(
            Way(answer.value.value, answer.value.reply, answer.call, answer.value.before, place)
        )
    return Ways(tuple(ways), (*calls, *met), found.failures, found.stopped, branched)
