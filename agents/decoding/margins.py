"""How sure a model was of the tokens that it wrote: the margin of an answer (Wang & Zhou 2024).

The paper (arXiv 2402.10200, section 2.2) means, for the answer of path k,

    margin_k = mean over the answer's tokens of p(x1) - p(x2)

with the two most probable tokens of each step. Its paths are greedy behind their first token, so
x1 is the token that stands there, but for an answer that begins with the branch: there the formula
gives the path the confidence of a token that it did not take. So does it wherever paths are
sampled. Here the token that was written takes the place of x1, and the best of the others that of
x2: the same number for every greedy token, and below 0 where the model preferred another one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from evokd.teacher.reply import TokenLogprob

Span = tuple[int, int]
"""First character and the one behind the last."""
_SAME = 1e-6
"""Difference of log-probabilities below which two entries are the same token."""


def branches(first: TokenLogprob, k: int) -> tuple[str, ...]:
    """The k most probable first tokens that a continuation can begin with.

    End-of-text tokens and pieces of characters have no text to begin with, and are passed over.
    """
    ranked = sorted(first.top, key=lambda item: -item[1])
    return tuple(text for text, _ in ranked if text and "\ufffd" not in text)[:k]


def answer_margin(text: str, tokens: Sequence[TokenLogprob], spans: Sequence[Span]) -> float | None:
    """Mean margin of the tokens that spell the answer, in [-1, 1].

    Which tokens those are is decided by bytes, so that " C" and "C" both are.

    Args:
        text: The reply.
        tokens: Its tokens, each with at least two candidates; headers may stand around the text.
        spans: Where in the text its answer stands, in one place or several.

    Returns:
        None where the tokens don't spell the text, or a token of the answer has no rival.
    """
    pieces = [token.octets for token in tokens]
    offset = b"".join(pieces).rfind(text.encode())
    if offset < 0:
        return None
    places = [
        (offset + len(text[:start].encode()), offset + len(text[:end].encode()))
        for start, end in spans
    ]
    margins: list[float | None] = []
    at = 0
    for token, piece in zip(tokens, pieces, strict=True):
        if any(at < end and at + len(piece) > start for start, end in places):
            margins.append(margin(token))
        at += len(piece)
    known = [value for value in margins if value is not None]
    return sum(known) / len(known) if known and len(known) == len(margins) else None


def margin(token: TokenLogprob) -> float | None:
    """Probability of the written token minus that of its best rival, in [-1, 1]; None: no rival."""
    own = _place(token)
    rivals = [logprob for at, (_, logprob) in enumerate(token.top) if at != own]
    if not rivals:
        return None
    return _probability(token.logprob) - _probability(max(rivals))


def _place(token: TokenLogprob) -> int | None:
    """Where the written token stands among its candidates; None where it is none of them.

    llama.cpp sends a character that took several tokens as one entry with the candidates of the
    last of them: those have other texts, and the written one is known by its log-probability.
    """
    by_name = [at for at, (text, _) in enumerate(token.top) if text == token.token]
    known = by_name or [
        at for at, (_, logprob) in enumerate(token.top) if abs(logprob - token.logprob) < _SAME
    ]
    return min(known, key=lambda at: abs(token.top[at][1] - token.logprob), default=None)


def _probability(logprob: float) -> float:
    return math.exp(min(0.0, logprob))
