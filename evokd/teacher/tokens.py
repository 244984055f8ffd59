"""Token estimates, for reservations and for freight; bills always use the server's own counts.

tiktoken fetches its vocabulary on first use. Where that fails (no network), a count by UTF-8
bytes stands in: 4 bytes a token is usual for English, and 3 keeps a reservation on the safe side.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable

from evokd.teacher.request import Message

BYTES_PER_TOKEN = 3
FEW, MANY = 2, 8
"""Replies that must be known before the next ones' length is foretold, and foretold closely."""
PER_MESSAGE = 4
"""Role and separators of one chat turn in the common templates."""


@functools.cache
def _counter() -> Callable[[str], int]:
    try:
        import tiktoken

        encoding = tiktoken.get_encoding("cl100k_base")
    except Exception:  # whatever a download can raise: there is a fallback for every reason
        return lambda text: math.ceil(len(text.encode("utf-8", "surrogatepass")) / BYTES_PER_TOKEN)
    return lambda text: len(encoding.encode(text, disallowed_special=()))


def count(text: str) -> int:
    """Tokens of a text, estimated."""
    return _counter()(text)


def count_messages(messages: Iterable[Message]) -> int:
    """Prompt tokens of a chat, estimated."""
    return sum(count(message.content) + PER_MESSAGE for message in messages) + PER_MESSAGE


class PromptEstimator:
    """Estimates of a call's tokens that learn from what the server reported.

    Chat templates add tokens nobody sees, and every tokenizer counts differently. Of each template
    the largest shortfall seen, and the largest ratio, bound the next prompt; so reservations hold,
    and near the end of a budget they are no larger than they must be.
    """

    def __init__(self) -> None:
        self._shortfall: dict[str, int] = {}
        self._ratio: dict[str, float] = {}
        self._shares: dict[str, list[float]] = {}

    def estimate(self, template_sha: str, messages: Iterable[Message]) -> int:
        """Prompt tokens, rather too many than too few."""
        counted, known = count_messages(messages), self._shortfall
        if template_sha not in known:
            return counted + max(0, *known.values(), 0)
        by_ratio = math.ceil(counted * self._ratio[template_sha])
        return max(1, min(counted + known[template_sha], by_ratio))

    def longest(self, template_sha: str) -> float | None:
        """The share of its tokens that no reply to a template is likely to pass, up to 1.

        None before there are a few to go by.
        """
        seen = self._shares.get(template_sha, [])
        if len(seen) < FEW:
            return None
        return min(1.0, max(seen) * (1.25 if len(seen) >= MANY else 1.5))

    def learn(self, template_sha: str, messages: Iterable[Message], reported: int) -> None:
        """Take note of a reported count of prompt tokens."""
        counted = count_messages(messages)
        shortfall, ratio = reported - counted, reported / counted
        self._shortfall[template_sha] = max(shortfall, self._shortfall.get(template_sha, shortfall))
        self._ratio[template_sha] = max(ratio, self._ratio.get(template_sha, ratio))

    def learn_length(self, template_sha: str, share: float) -> None:
        """Take note of how much of what it was allowed a usable reply took, in [0, 1]."""
        self._shares.setdefault(template_sha, []).append(share)
