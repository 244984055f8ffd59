"""A teacher's tokens as bytes with log-probabilities, as far as its server told the truth.

Servers differ in how they send a character that the model wrote in several tokens:

| server | sends | read as |
|---|---|---|
| OpenAI | every piece, with its own bytes | every piece |
| vLLM | empty pieces, then the whole character in the last | the empty pieces belong to it |
| llama.cpp | one entry: all bytes, the log-probability of the last piece alone | `partial` |
| any | bytes of U+FFFD instead of the piece's | no alignment: the text is not there |

What is lost is never made up: a sentence with a partial token gets no score (`scores.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evokd.teacher.reply import TokenLogprob

FLOOR = -30.0
"""Natural logarithm; what stands below is a server's sign for "not among those I looked at"
(OpenAI and vLLM: -9999.0). Such values are clipped, since one would outweigh a whole sentence,
and counted."""
_ROUNDING = 1e-3
"""Log-probabilities above 0 by less than this are rounding of 1."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token of the raw stream: reasoning, headers and end-of-text tokens included."""

    data: bytes
    """Empty for a token without text."""
    logprob: float
    """Natural logarithm, at temperature 1."""
    partial: bool = False
    """The server dropped the log-probabilities of the first pieces of its character."""
    clipped: bool = False
    """Stood below `FLOOR`."""


@dataclass(frozen=True, slots=True)
class Unscorable:
    """Log-probabilities that can't be used; never replaced by a constant."""

    reason: str


def read_tokens(logprobs: Sequence[TokenLogprob]) -> tuple[Token, ...] | Unscorable:
    """The stream of a reply (`Reply.logprobs`).

    Tokens without text at the place of a character are kept, as pieces of it; others (headers,
    end of text) have no bytes to be aligned by and are left out.
    """
    if not logprobs:
        return Unscorable("no log-probabilities came with the reply")
    if any(math.isnan(one.logprob) or one.logprob > _ROUNDING for one in logprobs):
        return Unscorable("a log-probability is above 0 or not a number")
    tokens: list[Token] = []
    piece = False  # whether the token after this one, in the text, begins beyond ASCII
    for one in reversed(logprobs):
        data = one.octets
        if data:
            piece = data.lstrip()[:1] >= b"\x80"
        elif not piece:
            continue
        value = min(0.0, max(FLOOR, one.logprob))
        tokens.append(Token(data, value, _is_partial(one), one.logprob < FLOOR))
    return tuple(reversed(tokens)) or Unscorable("no token has any text")


def _is_partial(one: TokenLogprob) -> bool:
    """Whether the step's candidates are pieces of a character while its own text is a whole one.

    llama.cpp waits until a character is whole and sends it with the last step's candidates. Only
    these give it away, so at least two of them should be asked for.
    """
    if one.token.isascii() or "\ufffd" in one.token:
        return False
    rivals = [text for text, _ in one.top]
    return one.token not in rivals and any("\ufffd" in text for text in rivals)
