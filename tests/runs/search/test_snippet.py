"""Snippets: the place with most of what was looked for, marked; a text in pieces stays the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.runs.search.query import parse
from evokd.runs.search.snippet import LEAD, WIDTH, marked, snippets
from evokd.runs.search.texts import CallTexts, beginnings

LONG = "word " * 200


def shown(text: str, typed: str) -> str:
    """A text with brackets around what is marked."""
    return "".join(f"[{p.text}]" if p.marked else p.text for p in marked(text, parse(typed).wanted))


def snippet(texts: CallTexts, typed: str) -> list[str]:
    return [
        f"{found.part}: " + "".join(f"[{p.text}]" if p.marked else p.text for p in found.pieces)
        for found in snippets(texts, parse(typed).wanted)
    ]


@pytest.mark.parametrize(
    ("text", "typed", "said"),
    [
        ("The Lid, the lid.", "lid", "The [Lid], the [lid]."),
        ("on day 77, on day 7", '"on day 77"', "[on day 77], on day 7"),
        ("bottles bottled", "bottl*", "[bottles] [bottled]"),
        ("Cafe\u0301 <b>café</b>", "CAFE", "[Cafe\u0301] <b>[café]</b>"),
        ("这部手机坏了", "手机", "这部[手机]坏了"),
        ("a b c d", '"a b" "b c"', "[a b c] d"),
        ("the lid", "-lid", "the lid"),
        ("the lid", "", "the lid"),
        ("a\nb\x00c", "b", "a\n[b]\x00c"),
    ],
)
def test_words_are_marked_where_they_stand(text: str, typed: str, said: str) -> None:
    assert shown(text, typed) == said


def test_the_place_with_most_of_the_words_is_shown() -> None:
    texts = CallTexts("c", (("user", f"lid {LONG} the cracked lid {LONG}"),), "no")
    (found,) = snippet(texts, "lid cracked")
    assert found.startswith("prompt: …") and found.endswith("…")
    assert "the [cracked] [lid]" in found
    assert len(found) < WIDTH + 2 * LEAD + 20


def test_each_part_shows_its_own_place_and_only_where_it_was_looked_for() -> None:
    texts = CallTexts("c", (("system", "Be brief."), ("user", "A lid?")), "Lid!\n\nYes.", "no lid")
    assert snippet(texts, "lid") == ["prompt: A [lid]?", "reply: [Lid]! Yes.", "error: no [lid]"]
    assert snippet(texts, "reply:lid brief") == ["prompt: Be [brief].", "reply: [Lid]! Yes."]
    assert snippet(texts, "nothing") == []


@given(st.text(), st.text(max_size=20))
def test_the_pieces_of_a_text_are_the_text(text: str, typed: str) -> None:
    found = marked(text, parse(typed).wanted)
    assert "".join(piece.text for piece in found) == text
    assert all(piece.text for piece in found)


@given(st.text("ab \n<>手", max_size=400), st.sampled_from(["a", "b", '"a b"', "手", "a* 手"]))
def test_a_snippet_is_a_stretch_of_its_text(text: str, typed: str) -> None:
    for found in snippets(CallTexts("c", reply=text), parse(typed).wanted):
        said = "".join(piece.text for piece in found.pieces).strip("…")
        assert " ".join(said.split()) in " ".join(text.split())
        assert any(piece.marked for piece in found.pieces)


def test_prompts_of_one_template_begin_where_they_differ() -> None:
    rules = "You label product reviews. Answer with one word, nothing else. "
    assert beginnings([f"{rules}Text: lid", f"{rules}Text: lip", f"{rules}Text: day"]) == [
        "…lid", "…lip", "…day",
    ]  # fmt: skip
    assert beginnings(["short one", "short two"]) == ["short one", "short two"]
    assert beginnings([f"{rules}same"] * 2) == [f"{rules}same"] * 2
    assert beginnings(["", f"{rules}a b", f"{rules}a c"]) == ["", "…b", "…c"]
    assert beginnings([]) == []
