from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.runs.formatting import count, dollars, moment, ratio, short, span
from evokd.viewer.visible import cut, one_line, visible


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\x1b[31mb", "a⟨ESC⟩[31mb"),
        ("a\x00b\x7f", "a⟨NUL⟩b⟨DEL⟩"),
        ("\u202eevil", "⟨RLO⟩evil"),
        ("x\u200fy\u2066z", "x⟨RLM⟩y⟨LRI⟩z"),
        ("\ufeffa\u200bb", "⟨BOM⟩a⟨ZWSP⟩b"),
        ("\ud800", "⟨U+D800⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("a\r\nb\rc", "a\nb⟨CR⟩c"),
        ("tab\tline\n", "tab\tline\n"),
        ("👩‍👩‍👧 شكراً 谢谢", "👩‍👩‍👧 شكراً 谢谢"),
    ],
)
def test_what_could_hide_stands_as_a_symbol(text: str, said: str) -> None:
    assert visible(text) == said


@given(st.text())
def test_nothing_is_left_that_steers_or_that_utf8_refuses(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")
    bidi = {unicodedata.bidirectional(c) for c in shown}
    assert not bidi & {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not [c for c in shown if unicodedata.category(c) == "Cc" and c not in "\n\t"]


def test_a_long_text_is_cut_and_says_so() -> None:
    assert cut("abc", 3) == ("abc", 0)
    assert cut("abcd", 3) == ("abc", 1)
    assert one_line("a\n b   c", 20) == "a b c"
    assert one_line("x" * 30, 10) == "x" * 9 + "…"
    assert one_line(" " * 900 + "late", 10) == "…", "what is left out is never passed over"


def test_numbers_as_people_read_them() -> None:
    assert count(12345) == "12,345" and count(None) == "–"
    assert ratio(0.87654) == "0.877" and ratio(None) == "–"
    assert dollars(None) == "unknown" and dollars(0.0) == "0.0000"
    assert [short(n) for n in (0, 950, 3934, 9960, 39943, 1_299_770)] == [
        "0", "950", "3.9k", "10k", "40k", "1.3M",
    ]  # fmt: skip
    assert [span(s) for s in (None, 0.44, 12, 59.6, 200, 7500)] == [
        "–", "0.4 s", "12 s", "60 s", "3 min 20 s", "2 h 05 min",
    ]  # fmt: skip
    assert moment("2026-11-22T19:59:31.378Z") == "2026-11-22 19:59:31"
    assert moment(None) == "–" and moment("soon") == "soon"
