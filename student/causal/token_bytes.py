"""Where each token lies in the bytes of its text; pure, but for asking the tokenizer for pieces.

Tokenizers report characters. Several tokens may share one character (an emoji is four bytes), and
two models that cut the same text differently can only be compared byte by byte. So the bytes are
read off the tokens themselves; where these don't add up to the text (a tokenizer that normalises),
the characters must do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

_FALLBACK = re.compile(r"<0x([0-9A-F]{2})>")


def _byte_alphabet() -> dict[str, int]:
    """Character → byte of byte-level BPE (GPT-2): printable ones stand for themselves."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    moved = [byte for byte in range(256) if byte not in set(plain)]
    return {chr(b): b for b in plain} | {chr(256 + i): b for i, b in enumerate(moved)}


_ALPHABET = _byte_alphabet()


def byte_bounds(
    tokenizer: Any, text: str, ids: Sequence[int], characters: Sequence[tuple[int, int]]
) -> tuple[int, ...]:
    """Byte offsets into the UTF-8 of `text`, one more than tokens, rising from 0 to its length.

    Args:
        tokenizer: A fast tokenizer.
        text: What was tokenised, without special tokens.
        ids: Its tokens.
        characters: Start and end of each token, in characters.
    """
    data = text.encode()
    if not ids:
        return (0,)
    for pieces in (_byte_level(tokenizer, ids), _byte_fallback(tokenizer, ids)):
        if pieces is None:
            continue
        joined = b"".join(pieces)
        if joined == data:
            return tuple(accumulate(map(len, pieces), initial=0))
        if joined == b" " + data:  # the space that such tokenizers put in front of every text
            return tuple(max(0, end - 1) for end in accumulate(map(len, pieces), initial=0))
    return _by_characters(text, characters)


def _byte_level(tokenizer: Any, ids: Sequence[int]) -> list[bytes] | None:
    """Bytes of byte-level pieces; tokens added to the vocabulary are written as they are."""
    added = tokenizer.get_added_vocab()
    pieces = []
    for piece in tokenizer.convert_ids_to_tokens(list(ids)):
        if piece in added:
            pieces.append(piece.encode())
        elif all(letter in _ALPHABET for letter in piece):
            pieces.append(bytes(_ALPHABET[letter] for letter in piece))
        else:
            return None
    return pieces


def _byte_fallback(tokenizer: Any, ids: Sequence[int]) -> list[bytes]:
    """Bytes of SentencePiece's pieces: ▁ is a space, <0xE2> a byte."""
    pieces = []
    for piece in tokenizer.convert_ids_to_tokens(list(ids)):
        single = _FALLBACK.fullmatch(piece)
        pieces.append(
            bytes([int(single[1], 16)]) if single else piece.replace("\u2581", " ").encode()
        )
    return pieces


def _by_characters(text: str, characters: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Each token up to the next one's first character; of those that share one, the last has it."""
    at = list(accumulate((len(letter.encode()) for letter in text), initial=0))
    starts = [0, *(at[start] for start, _ in characters[1:])]
    rising = list(accumulate(starts, max))
    bounds = (*rising, at[-1])
    assert all(a <= b for a, b in pairwise(bounds))
    return bounds
