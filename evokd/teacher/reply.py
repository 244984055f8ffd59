"""What came back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
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
    bytes: tuple[int, ...] | None = None
    """The token's bytes, where they are not those of `token` in UTF-8: a piece of a character has
    no text of its own."""

    def to_json(self) -> dict[str, Any]:
        """The form inside a reply's; most tokens are plain text, and their bytes are left out."""
        row: dict[str, Any] = {"token": self.token, "logprob": self.logprob, "top": self.top}
        return row if self.bytes is None else row | {"bytes": self.bytes}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> TokenLogprob:
        """The inverse of `to_json`."""
        octets = row.get("bytes")
        return cls(
            row["token"],
            row["logprob"],
            tuple((a, b) for a, b in row["top"]),
            None if octets is None else tuple(octets),
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer."""

    text: str
    finish_reason: str
    """`stop`, `length`, or whatever else the server said."""
    usage: Usage | None
    """None where the server reported none."""
    logprobs: tuple[TokenLogprob, ...] = ()
    """Of the whole stream: of reasoning that came apart from the text as well."""
    reasoning: str = ""
    """What the model thought, where the server sends it apart from `text`."""

    def to_json(self) -> str:
        """The form the journal keeps."""
        row: dict[str, Any] = {
            "text": self.text,
            "finish_reason": self.finish_reason,
            "usage": asdict(self.usage) if self.usage else None,
            "logprobs": [token.to_json() for token in self.logprobs],
        }
        if self.reasoning:
            row["reasoning"] = self.reasoning
        return json.dumps(row, ensure_ascii=True)

    @classmethod
    def from_json(cls, text: str) -> Reply:
        """A replayed reply."""
        data: dict[str, Any] = json.loads(text)
        usage = data["usage"]
        return cls(
            text=data["text"],
            finish_reason=data["finish_reason"],
            usage=Usage(**usage) if usage else None,
            logprobs=tuple(TokenLogprob.from_json(token) for token in data["logprobs"]),
            reasoning=data.get("reasoning", ""),
        )
