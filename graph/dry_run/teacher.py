"""Teachers that spend nothing: they count what a request would cost, and answer it themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from evokd.config import ROLES, Endpoint, Role, Teachers
from evokd.ledger.call import Usage
from evokd.teacher.limiter import Limiter
from evokd.teacher.pool import TeacherPool
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from evokd.teacher.scripted_reasons import REASONERS
from evokd.teacher.tokenizer import Estimate, Tokenizer, tokenizer_of
from evokd.teacher.tokens import PromptEstimator
from graph.dry_run.replies import Replies

END = 1
"""Tokens behind a reply's text: its end, or the stop sequence."""
BRACKETS = str.maketrans("{[]}", "    ")


@dataclass(frozen=True, slots=True)
class LongestPrompt:
    """The prompt of a role that, with the reply it asks for, needs the most room."""

    role: Role
    endpoint: Endpoint
    prompt: int
    """Tokens."""
    reply: int
    """Tokens that it may have at most."""


class CountingTeacher:
    """One endpoint; see `evokd.teacher.endpoint.Teacher`."""

    def __init__(
        self, config: Endpoint, replies: Replies, reasoning: int, tokenizer: Tokenizer
    ) -> None:
        self.config = config
        self.longest: dict[Role, LongestPrompt] = {}
        self.limiter = Limiter(config.concurrency)
        self.estimator = PromptEstimator()
        self._tokenizer = tokenizer
        self._replies, self._reasoning = replies, reasoning

    async def send(self, request: Request, seed: int, metadata: Mapping[str, Any]) -> Reply:
        """A reply with the usage that a real one would have."""
        found = [self._one(request) for _ in range(request.n)]
        usage = Usage(
            self._tokenizer.prompt(request.prompt.messages), sum(tokens for _, tokens in found)
        )
        seen = LongestPrompt(request.role, self.config, usage.prompt, request.max_tokens)
        known = self.longest.setdefault(request.role, seen)
        if seen.prompt + seen.reply > known.prompt + known.reply:
            self.longest[request.role] = seen
        first, *others = (reply for reply, _ in found)
        return replace(first, usage=usage, others=tuple(others))

    def _one(self, request: Request) -> tuple[Reply, int]:
        """A completion, and its tokens."""
        reply, usable = self._replies.reply(request)
        tokens = min(request.max_tokens, self._completion(request, reply))
        if not usable and (request.path or not request.top_logprobs):
            # half of it, without the brackets that would let its whole items be saved
            torn = reply.text[: len(reply.text) // 2].translate(BRACKETS) if request.schema else ""
            reply = Reply(torn, "stop", None)
        return reply, tokens

    def _completion(self, request: Request, reply: Reply) -> int:
        if request.role in REASONERS:
            return self._reasoning
        one = request.top_logprobs and not request.path
        return 1 if one else self._tokenizer.text(reply.text) + END

    async def close(self) -> None:
        """Nothing to give back."""


class CountingPool(TeacherPool):
    """Counting teachers by role; no key is read, no server asked but for its tokenizer."""

    def __init__(
        self, config: Teachers, replies: Replies, reasoning: int, *, estimated: bool = False
    ) -> None:
        """Args.

        config: Who would be asked.
        replies: What they would say.
        reasoning: Tokens of a response that reasons.
        estimated: Count tokens as an estimate, so that no embedded server is started for it.
        """
        self._config, self.remarks = config, []
        counting: dict[Endpoint, CountingTeacher] = {}
        for role in ROLES:
            for endpoint in config.of(role):
                tokenizer = Estimate() if estimated else tokenizer_of(endpoint)
                made = CountingTeacher(endpoint, replies, reasoning, tokenizer)
                counting.setdefault(endpoint, made)
        self._counting = counting
        self._built = {**counting}

    @property
    def longest(self) -> tuple[LongestPrompt, ...]:
        """Of each role and endpoint that was asked."""
        return tuple(one for made in self._counting.values() for one in made.longest.values())
