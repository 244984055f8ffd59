"""Where each token of a model stands in the response: sections 2 and 3, steps 3, 5 and 6.

A teacher's stream may hold more than the response: reasoning, headers, an end-of-text token. With
R the response's bytes and B the joined bytes of the tokens, R is looked for behind the last final
header, then anywhere in B; of several places the last is taken that begins and ends where tokens
do (white space apart), since an answer follows what was thought before it. Nothing is stretched to
fit: bytes that differ are a refusal with a reason.

A student's tokens come with their places from its tokenizer (`place`, `place_bounds`).

A token belongs to the span of its first byte that is no white space; one of nothing but white
space to the span that holds it. So every log-probability is counted once.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from evokd.dasd.spans import ByteSpan
from evokd.dasd.tokens import Token, Unscorable

FINAL = b"<|channel|>final<|message|>"
"""The header in front of a gpt-oss answer."""
_RUNS = re.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True)
class PlacedToken:
    """One token of the response."""

    start: int
    """Bytes from the beginning of the response."""
    end: int
    """Exclusive; pieces of one character may share their bytes."""
    logprob: float
    """Natural logarithm."""
    rank: int | None = None
    """Place among all tokens by probability, from 1; only a student's are known."""
    partial: bool = False
    """Log-probabilities of its first pieces are missing (`tokens.py`)."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """The tokens of a response."""

    tokens: tuple[PlacedToken, ...]
    edges: int = 0
    """Tokens that stood partly outside the response and were kept or left by the rule."""
    clipped: int = 0
    """Tokens whose log-probability was raised to `FLOOR`."""

    @property
    def logprob(self) -> float:
        """Sum over the response."""
        return sum(token.logprob for token in self.tokens)

    @property
    def partial(self) -> int:
        """Tokens that lost the log-probabilities of their first pieces."""
        return sum(token.partial for token in self.tokens)


@dataclass(frozen=True, slots=True)
class Assigned:
    """Tokens by span, in the order of the spans."""

    tokens: tuple[tuple[PlacedToken, ...], ...]
    straddlers: int
    """Tokens with more than white space in more than one span; they belong to the first."""


def align(response: str, stream: Sequence[Token]) -> Aligned | Unscorable:
    """A teacher's tokens of one response.

    Args:
        response: The text as the server reported it, trimmed or not.
        stream: All tokens that the server reported, in order.
    """
    wanted = response.encode()
    joined = b"".join(token.data for token in stream)
    if not wanted.strip():
        return Unscorable("the response is empty")
    start = _find(wanted, joined, stream)
    if start >= 0:
        return _cut(response, stream, start, len(wanted))
    if b"\xef\xbf\xbd" in joined:
        return Unscorable("the server sent U+FFFD for the bytes of a token")
    if len(joined.strip()) < len(wanted.strip()):
        return Unscorable("the tokens hold less text than the response (a prefilled beginning?)")
    return Unscorable("the tokens do not spell the response")


def align_parts(
    response: str, parts: Sequence[tuple[int, str]], stream: Sequence[Token]
) -> Aligned | Unscorable:
    """A teacher's tokens of a response that was put together, each part aligned by itself.

    Servers that send reasoning and answer apart report one stream of tokens. The text that the
    student learns joins the two with tags that the teacher never wrote; those get no tokens.

    Args:
        response: The whole text.
        parts: Byte offset in the response and text of each part, in the stream's order.
        stream: All tokens that the server reported.
    """
    whole = response.encode()
    tokens: list[PlacedToken] = []
    edges = clipped = 0
    rest = list(stream)
    for offset, text in reversed(parts):  # from the back: the last place of a part is its own
        if whole[offset : offset + len(text.encode())] != text.encode():
            raise ValueError(f"parts: no such text at byte {offset} of the response")
        found = align(text, rest)
        if isinstance(found, Unscorable):
            return found
        tokens[:0] = (
            replace(one, start=one.start + offset, end=one.end + offset) for one in found.tokens
        )
        edges, clipped = edges + found.edges, clipped + found.clipped
        rest = _before(rest, text)
    return Aligned(tuple(tokens), edges, clipped)


def place(
    offsets: Sequence[tuple[int, int]],
    logprobs: Sequence[float],
    ranks: Sequence[int] | None = None,
) -> Aligned:
    """A student's tokens, whose byte offsets into the response its tokenizer knows."""
    places = ranks if ranks is not None else [None] * len(offsets)
    return Aligned(
        tuple(
            PlacedToken(start, end, logprob, rank)
            for (start, end), logprob, rank in zip(offsets, logprobs, places, strict=True)
        )
    )


def place_bounds(
    bounds: Sequence[int], logprobs: Sequence[float], ranks: Sequence[int] | None = None
) -> Aligned:
    """A student's tokens by n + 1 bounds: token i is the bytes from bound i to bound i + 1."""
    return place(list(pairwise(bounds)), logprobs, ranks)


def assign(response: str, spans: Sequence[ByteSpan], tokens: Sequence[PlacedToken]) -> Assigned:
    """Give each token to one span."""
    if not spans:
        if tokens:
            raise ValueError("spans: none for a response with tokens")
        return Assigned((), 0)
    inked = inked_bytes(response)
    starts = [span.start for span in spans]
    groups: list[list[PlacedToken]] = [[] for _ in spans]
    straddlers = 0
    for token in tokens:
        first = inked.find(1, token.start, token.end)
        owner = max(0, bisect_right(starts, token.start if first < 0 else first) - 1)
        groups[owner].append(token)
        straddlers += first >= 0 and inked.find(1, spans[owner].end, token.end) >= 0
    return Assigned(tuple(map(tuple, groups)), straddlers)


def inked_bytes(text: str) -> bytes:
    """A byte for each byte of the text in UTF-8: 0 for those of white space, 1 for others."""
    return b"".join(
        (b"\0" if run[0].isspace() else b"\1") * len(run.encode()) for run in _RUNS.findall(text)
    )


def _find(wanted: bytes, joined: bytes, stream: Sequence[Token]) -> int:
    """Where the response stands in the stream, -1 for nowhere."""
    header = joined.rfind(FINAL)
    if header >= 0:
        behind = _last(wanted, joined, stream, header + len(FINAL))
        if behind >= 0:
            return behind
    return _last(wanted, joined, stream, 0)


def _last(wanted: bytes, joined: bytes, stream: Sequence[Token], after: int) -> int:
    """The last place behind `after`, one that whole tokens make where there is such a place."""
    last = at = joined.rfind(wanted, after)
    if at < 0:
        return at
    edges = sorted({edge for place in _places(stream) for edge in place})
    while at >= 0:
        end = at + len(wanted)
        before, behind = edges[bisect_right(edges, at) - 1], edges[bisect_left(edges, end)]
        if not joined[before:at].strip() and not joined[end:behind].strip():
            return at
        at = joined.rfind(wanted, after, end - 1)
    return last


def _cut(response: str, stream: Sequence[Token], start: int, size: int) -> Aligned:
    """The tokens of bytes `start` to `start + size` of the stream."""
    inked = inked_bytes(response)
    tokens: list[PlacedToken] = []
    edges = clipped = 0
    for token, (begin, end) in zip(stream, _places(stream), strict=True):
        left, right = begin - start, end - start
        if right <= 0 or left >= size:
            continue
        if left < 0 or right > size:
            edges += 1
            text = token.data.strip()
            outside = token.data[: max(0, -left)].strip()
            if outside or (text and inked.find(1, max(left, 0), min(right, size)) < 0):
                continue  # its first byte that is no white space stands outside
        place = max(left, 0), min(right, size)
        tokens.append(PlacedToken(*place, token.logprob, partial=token.partial))
        clipped += token.clipped
    return Aligned(tuple(tokens), edges, clipped)


def _places(stream: Sequence[Token]) -> list[tuple[int, int]]:
    """Begin and end of each token in the joined bytes; a piece without bytes has its character's.

    The character's bytes came with its last piece, the next token that has any.
    """
    at = sum(len(token.data) for token in stream)
    place, places = (at, at), []
    for token in reversed(stream):
        if token.data:
            place = at - len(token.data), at
            at = place[0]
        places.append(place)
    return places[::-1]


def _before(stream: Sequence[Token], text: str) -> list[Token]:
    """The tokens in front of a part that has been found."""
    start = _find(text.encode(), b"".join(token.data for token in stream), stream)
    places = zip(stream, _places(stream), strict=True)
    return [token for token, (_, end) in places if end <= start]
