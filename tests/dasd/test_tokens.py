from __future__ import annotations

import math

import pytest

from evokd.dasd.tokens import FLOOR, Token, Unscorable, read_tokens
from evokd.teacher.reply import TokenLogprob
from tests.dasd.pieces import reported


def read(*tokens: TokenLogprob) -> tuple[Token, ...]:
    found = read_tokens(tokens)
    assert not isinstance(found, Unscorable)
    return found


def test_bytes_of_the_server_go_before_the_text() -> None:
    assert TokenLogprob("\ufffd", -1.0, (), (0xF0, 0x9F)).octets == b"\xf0\x9f"
    assert TokenLogprob("é", -1.0, ()).octets == b"\xc3\xa9"
    assert TokenLogprob("<|end|>", -1.0, (), ()).octets == b""


@pytest.mark.parametrize(
    ("values", "why"),
    [([], "no log-probabilities"), ([math.nan], "not a number"), ([0.5], "above 0")],
)
def test_senseless_log_probabilities_are_refused(values: list[float], why: str) -> None:
    refused = read_tokens(reported(["a"] * len(values), values))
    assert isinstance(refused, Unscorable)
    assert why in refused.reason


def test_tokens_without_any_text_are_refused() -> None:
    assert isinstance(read_tokens(reported(["", ""])), Unscorable)


@pytest.mark.parametrize(
    ("value", "kept", "clipped"),
    [(-1.0, -1.0, False), (-9999.0, FLOOR, True), (-math.inf, FLOOR, True), (1e-6, 0.0, False)],
)
def test_the_floor(value: float, kept: float, clipped: bool) -> None:
    (token,) = read(*reported(["a"], [value]))
    assert (token.logprob, token.clipped) == (kept, clipped)


def test_tokens_without_text_are_left_out_unless_a_character_needs_them() -> None:
    tokens = read(*reported(["", "a", "", "", " é", "", "b", ""]))
    assert [token.data for token in tokens] == [b"a", b"", b"", " é".encode(), b"b"]


def test_llama_cpps_joined_pieces_are_partial() -> None:
    # seen: the rocket's bytes came as one entry with the last byte's candidates
    seen = (("\ufffd", -0.004), ("\ufffd", -6.0))
    assert read(TokenLogprob("🚀", -0.004, seen))[0].partial
    assert not read(TokenLogprob("🚀", -0.004, (("🚀", -0.004), ("\ufffd", -6.0))))[0].partial
    assert not read(TokenLogprob("é", -0.5, (("e", -1.0), ("a", -2.0))))[0].partial
    assert not read(TokenLogprob("e", -0.5, seen))[0].partial
    assert not read(TokenLogprob("\ufffd", -0.004, (), (0x80,)))[0].partial
