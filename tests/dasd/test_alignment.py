from __future__ import annotations

import dataclasses
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.dasd.alignment import (
    Aligned,
    align,
    align_parts,
    assign,
    inked_bytes,
    place,
    place_bounds,
)
from evokd.dasd.spans import split_sentences
from evokd.dasd.tokens import Unscorable, read_tokens
from tests.dasd.pieces import Piece, data_of, number, reported, stream

HEADER = "<|channel|>analysis<|message|>"
FINAL = "<|channel|>final<|message|>"

# name, response, the stream's tokens each with its sentence (None: not a token of the response)
CASES: list[tuple[str, str, list[tuple[Piece, int | None]]]] = [
    (
        "leading spaces",
        "Hi you. Go on.",
        [("Hi", 0), (" you", 0), (".", 0), (" Go", 1), (" on.", 1)],
    ),
    ("trailing spaces", "Hi you. Go on.", [("Hi ", 0), ("you. ", 0), ("Go ", 1), ("on.", 1)]),
    ("spaces apart", "Hi. Go.", [("Hi", 0), (".", 0), (" ", 0), ("Go", 1), (".", 1)]),
    ("across sentences", "Hi. Go.", [("Hi", 0), (". Go", 0), (".", 1)]),
    ("one token", "Hi. Go.", [("Hi. Go.", 0)]),
    ("three sentences in one", "A b. See. D e.", [("A", 0), (" b. See. D", 0), (" e.", 2)]),
    ("letters", "Hi.\nGo", [("H", 0), ("i", 0), (".", 0), ("\n", 0), ("G", 1), ("o", 1)]),
    ("blank line apart", "Hi.\n\nGo.", [("Hi.", 0), ("\n\n", 0), ("Go.", 1)]),
    ("blank line cut", "Hi.\n\nGo.", [("Hi", 0), (".\n", 0), ("\nGo", 1), (".", 1)]),
    ("carriage return", "Hi.\r\nGo.", [("Hi.", 0), ("\r", 0), ("\nGo", 1), (".", 1)]),
    ("tab", "Hi.\tGo.", [("Hi.", 0), ("\tGo.", 1)]),
    ("emoji", "Yes 😀. No.", [("Yes", 0), (" 😀", 0), (".", 0), (" No.", 1)]),
    (
        "emoji in pieces",
        "Yes 😀. No.",
        [("Yes", 0), (b" \xf0\x9f", 0), (b"\x98\x80", 0), (". No", 0), (".", 1)],
    ),
    (
        "emoji begins",
        "Go! 🚀 up.",
        [("Go!", 0), (b" \xf0\x9f", 1), (b"\x9a", 1), (b"\x80", 1), (" up.", 1)],
    ),
    ("emoji first", "🚀 up.", [(b"\xf0\x9f\x9a", 0), (b"\x80 up", 0), (".", 0)]),
    (
        "family",
        "👨\u200d👩. Ok.",
        [
            ("👨", 0),
            (b"\xe2\x80", 0),
            (b"\x8d\xf0\x9f", 0),
            (b"\x91\xa9", 0),
            (".", 0),
            (" Ok.", 1),
        ],
    ),
    ("flag", "🇫🇷! 🇩🇪!", [("🇫", 0), ("🇷!", 0), (" 🇩", 1), ("🇪!", 1)]),
    ("accent apart", "Cafe\u0301. Go.", [("Cafe", 0), ("\u0301", 0), (". ", 0), ("Go.", 1)]),
    ("accent cut", "Cafe\u0301. Go.", [("Cafe", 0), (b"\xcc", 0), (b"\x81.", 0), (" Go.", 1)]),
    ("accent begins a line", "A\n\u0301b", [("A", 0), ("\n\u0301", 1), ("b", 1)]),
    ("Chinese", "你好。世界！", [("你好", 0), ("。", 0), ("世界", 1), ("！", 1)]),
    ("Chinese across", "你好。世界！", [("你", 0), ("好。世", 0), ("界！", 1)]),
    (
        "Chinese in bytes",
        "你。世",
        [(b"\xe4", 0), (b"\xbd\xa0\xe3", 0), (b"\x80\x82\xe4", 0), (b"\xb8\x96", 1)],
    ),
    ("wide space", "你。\u3000世。", [("你。", 0), ("\u3000世", 1), ("。", 1)]),
    (
        "wide space cut",
        "你。\u3000世。",
        [("你。", 0), (b"\xe3\x80", 0), (b"\x80", 0), ("世。", 1)],
    ),
    ("hard space", "Hi.\u00a0Go.", [("Hi.", 0), ("\u00a0Go", 1), (".", 1)]),
    (
        "curly quotes",
        "“Hi.” She left.",
        [(b"\xe2\x80", 0), (b"\x9cHi", 0), (b".\xe2\x80\x9d", 0), (" She", 1), (" left.", 1)],
    ),
    (
        "dash",
        "Well – no. Go.",
        [("Well", 0), (b" \xe2\x80", 0), (b"\x93", 0), (" no.", 0), (" Go.", 1)],
    ),
    ("Hindi", "नमस्ते। आप?", [("नमस्", 0), ("ते", 0), ("।", 0), (" आप", 1), ("?", 1)]),
    ("Arabic", "مرحبا؟ نعم.", [("مرحبا", 0), ("؟", 0), (" نعم", 1), (".", 1)]),
    (
        "list",
        "1. Do it.\n2. Go.",
        [("1", 0), (".", 0), (" Do it.", 0), ("\n", 0), ("2", 1), (".", 1), (" Go.", 1)],
    ),
    ("choices", "A. bank\nB. dog", [("A", 0), (". bank", 0), ("\nB", 1), (".", 1), (" dog", 1)]),
    (
        "abbreviation",
        "See e.g. me. Go.",
        [("See", 0), (" e.g", 0), (". me", 0), (".", 0), (" Go.", 1)],
    ),
    (
        "decimal",
        "It is 3.5. Go.",
        [("It is ", 0), ("3", 0), (".", 0), ("5", 0), (".", 0), (" Go.", 1)],
    ),
    (
        "tags",
        "<think>\nSo.\n</think>\n\nA.",
        [
            ("<think>", 0),
            ("\n", 0),
            ("So", 1),
            (".\n", 1),
            ("</", 2),
            ("think", 2),
            (">\n\n", 2),
            ("A.", 3),
        ],
    ),
    (
        "tag across",
        "<think>So.\n</think>A.",
        [("<think>So", 0), (".\n</", 1), ("think>A", 2), (".", 3)],
    ),
    ("box", "So.\n\\boxed{C}", [("So", 0), (".", 0), ("\n\\", 1), ("boxed", 1), ("{C}", 1)]),
    ("spaces in front", "  Hi. Go.", [("  ", 0), ("Hi.", 0), (" Go.", 1)]),
    (
        "header in front",
        "It is A.",
        [
            (HEADER, None),
            ("We", None),
            (" think.", None),
            ("<|end|>", None),
            (FINAL, None),
            ("It", 0),
            (" is A.", 0),
        ],
    ),
    (
        "header in pieces",
        "A. Go.",
        [
            (HEADER, None),
            ("A. Go.", None),
            ("<|channel|>", None),
            ("final", None),
            ("<|message|>", None),
            ("A", 0),
            (". Go.", 0),
        ],
    ),
    (
        "said before",
        "C.",
        [("It", None), (" is ", None), ("C.", None), (" So", None), (" C", 0), (".", 0)],
    ),
    ("a letter of the end", "s", [("We see. ", None), ("s", 0), ("</s>", None)]),
    ("end of text", "Hi.", [("Hi", 0), (".", 0), ("<|im_end|>", None)]),
    ("trimmed", "Hi.", [("\n\n", None), ("Hi.", 0), (" \n", None)]),
    ("trimmed inside tokens", "Hi.", [("\n\nHi", 0), (".\n\n", 0)]),
    ("glued to a header", "Hi. Go.", [(">Hi", None), (".", 0), (" Go.", 1)]),
    ("glued to what follows", "Hi. ", [("Hi.", 0), (" <|end|>", None)]),
]


@pytest.mark.parametrize(("response", "tokens"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_exact_sentences(response: str, tokens: list[tuple[Piece, int | None]]) -> None:
    spans = split_sentences(response)
    aligned = align(response, stream([piece for piece, _ in tokens]))
    assert isinstance(aligned, Aligned)
    groups = assign(response, spans, aligned.tokens).tokens
    owners = {number(token): k for k, group in enumerate(groups) for token in group}
    assert owners == {i: owner for i, (_, owner) in enumerate(tokens) if owner is not None}


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize(
    ("response", "pieces", "straddlers"),
    [
        ("Hi. Go.", ["Hi", ".", " Go", "."], 0),
        ("Hi. Go.", ["Hi", ". Go", "."], 1),
        ("Hi. Go.", ["Hi. ", "Go."], 0),
        ("Hi. Go. On.", ["Hi. Go. On."], 1),
        ("Hi. Go. On.", ["Hi. G", "o. On", "."], 2),
        ("好。世。", [b"\xe5\xa5\xbd\xe3", b"\x80\x82\xe4", b"\xb8\x96\xe3\x80\x82"], 1),
    ],
)
def test_straddlers(response: str, pieces: list[Piece], straddlers: int) -> None:
    aligned = align(response, stream(pieces))
    assert isinstance(aligned, Aligned)
    assert assign(response, split_sentences(response), aligned.tokens).straddlers == straddlers


@pytest.mark.parametrize(
    ("response", "pieces", "why"),
    [
        ("", ["a"], "empty"),
        (" \n", [" \n"], "empty"),
        ("Hi.", ["Ho", "."], "do not spell"),
        ("Hi there.", [" there", "."], "less text"),
        ("Hi 😀.", ["Hi ", "\ufffd", "\ufffd", "."], "U+FFFD"),
        ("Café.", ["Cafe\u0301", "."], "do not spell"),
        ("Hi  there.", ["Hi", " there", "..."], "do not spell"),
        ("Hi.", [], "less text"),
    ],
)
def test_what_does_not_fit_is_refused(response: str, pieces: list[Piece], why: str) -> None:
    refused = align(response, stream(pieces))
    assert isinstance(refused, Unscorable)
    assert why in refused.reason


TEXTS = st.text(max_size=30) | st.text(
    st.sampled_from("ab .!?\n。é中😀\u0301\u3000<think>"), max_size=30
)
OUTSIDE = st.sampled_from([b"", b"\n", HEADER.encode() + b"Hm. <|end|>" + FINAL.encode()])


@st.composite
def cuttings(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """The bytes, cut anywhere."""
    places = draw(st.sets(st.integers(1, max(1, len(data) - 1)), max_size=12))
    edges = [0, *sorted(place for place in places if place < len(data)), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges) if a < b]


@given(st.data(), TEXTS.filter(str.strip), OUTSIDE)
def test_any_cutting_aligns_and_keeps_the_sum(data: st.DataObject, text: str, front: bytes) -> None:
    inside = data.draw(cuttings(text.encode()))
    tokens = stream([*([front] if front else []), *inside, b"<|im_end|>"])
    aligned = align(text, tokens)
    assert isinstance(aligned, Aligned)
    own = tokens[bool(front) : bool(front) + len(inside)]
    assert aligned.logprob == math.fsum(token.logprob for token in own)
    groups = assign(text, split_sentences(text), aligned.tokens).tokens
    flat = [token for group in groups for token in group]
    assert math.fsum(token.logprob for token in flat) == aligned.logprob
    assert sorted(number(token) for token in flat) == [number(t) for t in aligned.tokens]


@given(st.data(), TEXTS.filter(str.strip))
def test_a_token_belongs_where_its_ink_begins(data: st.DataObject, text: str) -> None:
    aligned = align(text, stream(data.draw(cuttings(text.encode()))))
    assert isinstance(aligned, Aligned)
    spans = split_sentences(text)
    inked = inked_bytes(text)
    for span, group in zip(spans, assign(text, spans, aligned.tokens).tokens, strict=True):
        for token in group:
            ink = inked.find(1, token.start, token.end)
            assert span.start <= (token.start if ink < 0 else ink) < span.end


def test_reasoning_and_answer_are_aligned_apart() -> None:
    response = "<think>\nIt is C. Yes.\n</think>\n\nC."
    pieces = [HEADER, "It", " is C.", " Yes.", "<|end|>", FINAL, "C", ".", "<|return|>"]
    at = response.encode().rindex(b"C.")
    aligned = align_parts(response, [(8, "It is C. Yes."), (at, "C.")], stream(pieces))
    assert isinstance(aligned, Aligned)
    assert [number(token) for token in aligned.tokens] == [1, 2, 3, 6, 7]
    groups = assign(response, split_sentences(response), aligned.tokens).tokens
    assert [[number(token) for token in group] for group in groups] == [[], [1, 2], [3], [], [6, 7]]


def test_parts_without_a_header() -> None:
    response = "<think>\nC.\n</think>\n\nC."
    parts = [(8, "C."), (len(response) - 2, "C.")]
    aligned = align_parts(response, parts, stream(["C", ".", "\n", "C", "."]))
    assert isinstance(aligned, Aligned)
    assert [number(token) for token in aligned.tokens] == [0, 1, 3, 4]


def test_a_part_that_is_not_in_the_stream_refuses_the_response() -> None:
    refused = align_parts("ab. cd.", [(0, "ab."), (4, "cd.")], stream(["cd", "."]))
    assert isinstance(refused, Unscorable)


def test_parts_must_be_in_the_response() -> None:
    with pytest.raises(ValueError, match="no such text at byte 3"):
        align_parts("ab. cd.", [(3, "cd.")], stream(["cd", "."]))


def test_a_students_tokens_stand_where_its_tokenizer_says() -> None:
    text = "Hi 😀. Go."
    # three pieces of the emoji share its bytes
    offsets = [(0, 2), (2, 7), (3, 7), (3, 7), (7, 8), (8, 11), (11, 12)]
    aligned = place(offsets, [-1.0] * 7, list(range(1, 8)))
    groups = assign(text, split_sentences(text), aligned.tokens).tokens
    assert [[token.rank for token in group] for group in groups] == [[1, 2, 3, 4, 5], [6, 7]]
    assert place_bounds([0, 2, 2, 7], [-1.0] * 3) == place([(0, 2), (2, 2), (2, 7)], [-1.0] * 3)
    with pytest.raises(ValueError, match="shorter"):
        place([(0, 1)], [])


def test_tokens_need_sentences() -> None:
    assert assign("", (), ()).tokens == ()
    with pytest.raises(ValueError, match="none for a response with tokens"):
        assign("", (), place([(0, 0)], [-1.0]).tokens)


def test_pieces_without_bytes_go_with_their_character() -> None:
    # as vLLM reports them: the character comes with the last piece
    read = read_tokens(reported(["Go!", "", " ", "", "", "🚀", " up", ".", ""]))
    assert not isinstance(read, Unscorable)
    aligned = align("Go! 🚀 up.", read)
    assert isinstance(aligned, Aligned)
    groups = assign("Go! 🚀 up.", split_sentences("Go! 🚀 up."), aligned.tokens).tokens
    assert [[number(token) for token in group] for group in groups] == [[0, 2], [3, 4, 5, 6, 7]]


def test_clipped_tokens_are_counted() -> None:
    read = read_tokens(reported(["Hi", "."], [-9999.0, -1.0]))
    assert not isinstance(read, Unscorable)
    aligned = align("Hi.", read)
    assert isinstance(aligned, Aligned)
    assert (aligned.clipped, aligned.tokens[0].logprob) == (1, -30.0)


def test_a_partial_token_is_marked() -> None:
    tokens = [dataclasses.replace(token, partial=i == 1) for i, token in enumerate(stream("ab."))]
    aligned = align("ab.", tokens)
    assert isinstance(aligned, Aligned)
    assert aligned.partial == 1


def test_the_pieces_of_the_cases_are_what_they_say() -> None:
    for _, response, tokens in CASES:
        assert response.encode() in b"".join(data_of(piece) for piece, _ in tokens)
