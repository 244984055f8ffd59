"""Streams of tokens for tests: the log-probability of token i tells it apart."""

from __future__ import annotations

from collections.abc import Sequence

from evokd.dasd.alignment import PlacedToken
from evokd.dasd.tokens import Token
from evokd.teacher.reply import TokenLogprob

Piece = str | bytes
STEP = 1 / 64
"""A power of 2, so that sums are exact."""


def data_of(piece: Piece) -> bytes:
    return piece.encode() if isinstance(piece, str) else piece


def stream(pieces: Sequence[Piece]) -> tuple[Token, ...]:
    return tuple(Token(data_of(piece), -STEP * (i + 1)) for i, piece in enumerate(pieces))


def number(token: PlacedToken) -> int:
    """Which of the stream's tokens it was."""
    return round(-token.logprob / STEP) - 1


def reported(
    pieces: Sequence[Piece], logprobs: Sequence[float] | None = None
) -> tuple[TokenLogprob, ...]:
    """The same tokens as a server that sends bytes would report them."""
    values = logprobs if logprobs is not None else [-STEP * (i + 1) for i in range(len(pieces))]
    return tuple(
        TokenLogprob(
            piece if isinstance(piece, str) else piece.decode("utf-8", "replace"),
            value,
            (),
            None if isinstance(piece, str) else tuple(piece),
        )
        for piece, value in zip(pieces, values, strict=True)
    )
