"""What came back."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from evokd.ledger.call import Usage

_HALF = re.compile("[\ud800-\udfff]")


def whole(text: str) -> str:
    """A text without lone surrogates: a server can send one, UTF-8 and SQLite can't hold it."""
    return _HALF.sub("\ufffd", text)


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """One generated token and its most probable rivals (itself included where it ranks)."""

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer."""

    text: str
    finish_reason: str
    """`stop`, `length`, or whatever else the server said."""
    usage: Usage | None
    """None where the server reported none."""
    logprobs: tuple[TokenLogprob, ...] = ()

    def to_json(self) -> str:
        """The form the journal keeps."""
        return json.dumps(asdict(self), ensure_ascii=True)

    @classmethod
    def from_json(cls, text: str) -> Reply:
        """A replayed reply."""
        data: dict[str, Any] = json.loads(text)
        usage = data["usage"]
        return cls(
            text=data["text"],
            finish_reason=data["finish_reason"],
            usage=Usage(**usage) if usage else None,
            logprobs=tuple(
                TokenLogprob(t["token"], t["logprob"], tuple((a, b) for a, b in t["top"]))
                for t in data["logprobs"]
            ),
        )
