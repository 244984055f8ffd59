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
    """Estimates of prompt tokens that learn from what the server reported.

    Chat templates add tokens nobody sees, and every tokenizer counts differently. The largest
    shortfall seen for a template is added to its next estimates, so that reservations hold.
    """

    def __init__(self) -> None:
        self._shortfall: dict[str, int] = {}

    def estimate(self, template_sha: str, messages: Iterable[Message]) -> int:
        known = self._shortfall
        extra = known.get(template_sha, max(known.values(), default=0))
        return count_messages(messages) + max(extra, 0)

    def learn(self, template_sha: str, messages: Iterable[Message], reported: int) -> None:
        """Take note of a reported count."""
        shortfall = reported - count_messages(messages)
        self._shortfall[template_sha] = max(shortfall, self._shortfall.get(template_sha, 0))
