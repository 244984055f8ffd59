from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from student.causal.token_bytes import byte_bounds
from tests.student.tiny_causal import FAST, make_tokenizer, make_wordpiece_like

BYTE_LEVEL = make_tokenizer()
FALLBACK = make_wordpiece_like()


def bounds(tokenizer: Any, text: str) -> tuple[int, ...]:
    coded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    return byte_bounds(tokenizer, text, coded["input_ids"], coded["offset_mapping"])


def pieces(tokenizer: Any, text: str) -> list[bytes]:
    data = text.encode()
    return [data[a:b] for a, b in pairwise(bounds(tokenizer, text))]


def test_an_emoji_is_cut_between_its_bytes() -> None:
    assert pieces(BYTE_LEVEL, "a 🙂") == [b"a", b" ", b"\xf0", b"\x9f", b"\x99", b"\x82"]
    assert pieces(FALLBACK, "a🙂")[-4:] == [b"\xf0", b"\x9f", b"\x99", b"\x82"]


def test_a_space_that_the_tokenizer_adds_is_nobodys() -> None:
    coded = FALLBACK("So", add_special_tokens=False)["input_ids"]
    assert FALLBACK.convert_ids_to_tokens(coded) == ["\u2581", "S", "o"]
    assert pieces(FALLBACK, "So") == [b"", b"S", b"o"]
    assert pieces(FALLBACK, " So") in ([b" ", b"S", b"o"], [b"", b" ", b"S", b"o"])


def test_no_text_no_tokens() -> None:
    assert bounds(BYTE_LEVEL, "") == (0,)


def test_an_added_token_is_written_as_it_is() -> None:
    tokenizer = make_tokenizer()
    tokenizer.add_tokens(["<think>", "    "])
    assert pieces(tokenizer, "<think>é    x") == [b"<think>", b"\xc3", b"\xa9", b"    ", b"x"]


def test_a_tokenizer_that_normalises() -> None:
    """Bytes of the tokens aren't those of the text; characters have to do."""
    vocab = {letter: i for i, letter in enumerate("?abe\u0301 ")}
    backend = Tokenizer(models.BPE(vocab=vocab, merges=[], unk_token="?"))
    backend.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase()])
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = FAST(tokenizer_object=backend, unk_token="?")
    found = pieces(tokenizer, "aé BA")
    assert b"".join(found) == "aé BA".encode()
    assert found[0] == b"a" and found[-1] == b"A"
    assert b"\xc3\xa9" in b"".join(found[1:3])  # é whole, within the tokens that came of it


@pytest.mark.parametrize("tokenizer", [BYTE_LEVEL, FALLBACK], ids=["byte-level", "byte-fallback"])
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_tokens_partition_the_text(tokenizer: Any, text: str) -> None:
    found = bounds(tokenizer, text)
    assert found[0] == 0 and found[-1] == len(text.encode())
    assert all(a <= b for a, b in pairwise(found))
    assert len(found) == len(tokenizer(text, add_special_tokens=False)["input_ids"]) + 1 or not text
