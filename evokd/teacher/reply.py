"""What came back."""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from evokd.ledger.call import Usage

Mend = Literal["wrapped", "repaired", "cut"]
"""What was wrong with a reply that could be read all the same: prose or a fence around it, broken
JSON, or an end before its end."""
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

    @property
    def octets(self) -> builtins.bytes:
        """The token's bytes: those that the server sent, else its text in UTF-8."""
        if self.bytes is not None:
            return builtins.bytes(self.bytes)
        return self.token.encode("utf-8", "surrogatepass")

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
    """What the model thought: sent apart from its answer, or cut out of it (`thinking.py`)."""
    others: tuple[Reply, ...] = ()
    """Further completions of the same prompt, without a usage of their own."""
    counted: int | None = None
    """Tokens of all completions, counted, where `usage` holds too few for them."""
    refusal: str = ""
    """What the model said instead of an answer, where the server sends it apart."""
    mended: list[Mend] = field(default_factory=list, compare=False)
    """Noted by who reads the reply: what had to be put right. No part of the answer."""

    @property
    def choices(self) -> tuple[Reply, ...]:
        """All completions, this one first."""
        return (self, *self.others)

    def to_json(self) -> str:
        """The form the journal keeps."""
        return json.dumps(self._row(), ensure_ascii=True)

    def _row(self) -> dict[str, Any]:
        row: dict[str, Any] = {
            "text": self.text,
            "finish_reason": self.finish_reason,
            "usage": asdict(self.usage) if self.usage else None,
            "logprobs": [token.to_json() for token in self.logprobs],
        }
        if self.reasoning:
            row["reasoning"] = self.reasoning
        if self.refusal:
            row["refusal"] = self.refusal
        if self.others:
            row["others"] = [other._row() for other in self.others]
        return row

    @classmethod
    def from_json(cls, text: str) -> Reply:
        """A replayed reply."""
        return cls._of(json.loads(text))

    @classmethod
    def _of(cls, data: Mapping[str, Any]) -> Reply:
        usage = data["usage"]
        return cls(
            text=data["text"],
            finish_reason=data["finish_reason"],
            usage=Usage(**usage) if usage else None,
            logprobs=tuple(TokenLogprob.from_json(token) for token in data["logprobs"]),
            reasoning=data.get("reasoning", ""),
            refusal=data.get("refusal", ""),
            others=tuple(cls._of(other) for other in data.get("others", ())),
        )
