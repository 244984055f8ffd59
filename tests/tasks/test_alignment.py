"""Hard cases by hand; the text's entities are marked so: [surface](Type)."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.alignment import MAX_ENTITIES, NotFound, align
from evokd.tasks.spans import EntitySpan
from tests.tasks.test_spans import texts_with_spans

Mentions = list[tuple[str, str]]
P, L, O = "Peop", "Loc", "Org"  # noqa: E741


def marked(text: str) -> tuple[str, list[EntitySpan]]:
    """A text without its marks, and the marked entities."""
    plain, spans, done = "", [], 0
    for found in re.finditer(r"\[([^\]]+)\]\((\w+)\)", text):
        plain += text[done : found.start()]
        spans.append(EntitySpan(len(plain), len(plain) + len(found[1]), found[2]))
        plain, done = plain + found[1], found.end()
    return plain + text[done:], spans


FOUND: list[tuple[str, Mentions]] = [
    # at the edges
    ("[Ann](Peop)", [("Ann", P)]),
    ("[Ann](Peop) left.", [("Ann", P)]),
    ("It was [Ann](Peop)", [("Ann", P)]),
    ("([CNN](Org))", [("CNN", O)]),
    ("None here.", []),
    # white space around what was named
    ("Ask [Ann Lee](Peop).", [(" Ann Lee ", P)]),
    ("Ask [Ann \u00a0 Lee](Peop).", [("Ann Lee", P)]),
    ("Ask [Ann Lee](Peop).", [("Ann\nLee", P)]),
    # substrings of words don't count
    ("Announcement by [Ann](Peop)", [("Ann", P)]),
    ("Joanna, Anne and [Ann](Peop)", [("Ann", P)]),
    ("The artist likes [art](Org)", [("art", O)]),
    ("Il étudie l'[art](Org) de l'État", [("art", O)]),
    ("1994 or [94](Org)", [("94", O)]),
    # repeated words
    ("[Paris](Loc) met Ann in Paris", [("Paris", L)]),
    ("[Paris](Loc) met Ann in [Paris](Loc)", [("Paris", L), ("Paris", L)]),
    ("Paris met [Ann](Peop) in [Paris](Loc)", [("Ann", P), ("Paris", L)]),
    ("[Paris](Peop) met [Ann](Peop) in [Paris](Loc)", [("Paris", P), ("Ann", P), ("Paris", L)]),
    ("[Paris](Loc) met [Ann](Peop)", [("Ann", P), ("Paris", L)]),
    ("[A](Peop) A [B](Peop) [A](Peop)", [("A", P), ("B", P), ("A", P)]),
    ("[Ann](Peop) again", [("Ann", P), ("Ann", P)]),
    ("[Ann](Peop) again", [("Ann", P), ("Ann", L)]),
    ("[Ann](Peop) and [Ann](Loc)", [("Ann", P), ("Ann", L), ("Ann", O)]),
    ("[no no](Org) no", [("no no", O)]),
    # one inside another
    ("The [New York Times](Org) of [New York](Loc)", [("New York Times", O), ("New York", L)]),
    ("The [New York Times](Org) of [New York](Loc)", [("New York", L), ("New York Times", O)]),
    ("The [New York Times](Org)", [("New York", L), ("New York Times", O)]),
    ("The [New York Times](Org)", [("New York Times", O), ("New York", L)]),
    ("[Bank of America](Org) Tower", [("Bank of America", O), ("America Tower", L)]),
    ("[Ann Lee](Peop) Kim", [("Ann Lee", P), ("Lee Kim", P)]),
    ("[York](Loc) and [New York](Loc)", [("New York", L), ("York", L)]),
    (
        "[Université](Org) et [Université de Lyon](Org)",
        [("Université", O), ("Université de Lyon", O)],
    ),
    # punctuation
    ("He lives in [Washington, D.C.](Loc).", [("Washington, D.C.", L)]),
    ("He lives in [U.S](Loc). now", [("U.S", L)]),
    ("Mail [O'Brien](Peop)!", [("O'Brien", P)]),
    ("Mail [O’Brien](Peop)!", [("O'Brien", P)]),
    ("Mail [O ' Brien](Peop)!", [("O'Brien", P)]),
    ("[AT&T](Org) and [Yahoo!](Org)!", [("AT&T", O), ("Yahoo!", O)]),
    ("[C++](Org) is no C", [("C++", O)]),
    ("the “[Times](Org)”", [("Times", O)]),
    ("the [“Times”](Org)", [('"Times"', O)]),
    ("[Jean–Luc](Peop)", [("Jean-Luc", P)]),
    # tokens of a corpus, joined by spaces
    ("a [( CNN ) report](Org) .", [("(CNN) report", O)]),
    ("the [nation 's](Org) pride", [("nation's", O)]),
    ("at [l' hôpital d' Annecy](Loc)", [("l'hôpital d'Annecy", L)]),
    # elisions and apostrophes in French
    ("L’[hôpital](Loc) d’[Amérique](Loc)", [("hôpital", L), ("Amérique", L)]),
    ("[l’hôpital](Loc)", [("l'hôpital", L)]),
    ("[l'hôpital](Loc)", [("l’hôpital", L)]),
    ("[aujourd´hui](Org)", [("aujourd'hui", O)]),
    ("L'Oréal, c'est [L’Oréal](Org)", [("L’Oréal", O)]),
    ("[L'Oréal](Org), c'est [L’Oréal](Org)", [("L’Oréal", O), ("L’Oréal", O)]),
    # nested brackets and other traps of notation
    ("see [{a [b (c)] d}](Org) now".replace("[b (c)]", "<b (c)>"), [("{a <b (c)> d}", O)]),
    ("see (([Ann](Peop))) now", [("Ann", P)]),
    ('a "[x\\y](Org)" b', [("x\\y", O)]),
    ("[.*](Org) matches all", [(".*", O)]),
    # Unicode
    ("[café](Org) noir", [(unicodedata.normalize("NFD", "café"), O)]),
    (unicodedata.normalize("NFD", "un [café](Org) noir"), [("café", O)]),
    ("[ＡＢＣ](Org)公司", [("ABC", O)]),
    ("[ﬁnd](Org) it", [("find", O)]),
    ("[co\u00adop](Org) shop", [("coop", O)]),
    ("[İstanbul](Loc)'da", [("İstanbul", L)]),
    (unicodedata.normalize("NFD", "[한국](Loc) 사람"), [("한국", L)]),
    ("[😀](Org) ok", [("😀", O)]),
    # Chinese, Japanese, Thai: no spaces
    ("我在[北京](Loc)大学", [("北京", L)]),
    ("我在[北京大学](Org)和[北京](Loc)", [("北京", L), ("北京大学", O)]),
    ("[小米](Org)手机用[iPhone](Org)拍", [("小米", O), ("iPhone", O)]),
    ("[北京 大学](Org)很好", [("北京大学", O)]),
    ("《[人民日报](Org)》，2023年", [("人民日报", O)]),
    ("[東京](Loc)タワー", [("東京", L)]),
    ("ไป[กรุงเทพ](Loc)แล้ว", [("กรุงเทพ", L)]),
]


@pytest.mark.parametrize(("text", "mentions"), FOUND)
def test_found(text: str, mentions: Mentions) -> None:
    plain, spans = marked(text)
    assert align(plain, mentions) == spans


def test_there_are_enough_hard_cases() -> None:
    assert len(FOUND) >= 40


@pytest.mark.parametrize(
    ("text", "mentions", "complaint"),
    [
        ("Announcement", [("Ann", P)], "'Ann' is not in the text"),
        ("Announcement", [("ment", P)], "'ment' is not"),
        ("Ann met Bo.", [("Ann", P), ("Cy", P)], "'Cy' is not"),
        ("ann met Bo.", [("Ann", P)], "'Ann' is not"),  # never another case
        ("Anns lamp", [("Ann", P)], "'Ann' is not"),
        ("état", [("etat", L)], "'etat' is not"),
        ("½ cup", [("1", O)], "'1' is not"),  # half of a character
        ("iPhone15", [("iPhone", O)], "'iPhone' is not"),
        ("Ann", [("  ", P)], "is empty"),
        ("Ann", [("\u200b", P)], "is empty"),
        ("", [("Ann", P)], "'Ann' is not"),
        ("a " * 300, [("a", P)] * (MAX_ENTITIES + 1), "more than 200"),
    ],
)
def test_not_found(text: str, mentions: Mentions, complaint: str) -> None:
    with pytest.raises(NotFound, match=complaint):
        align(text, mentions)


@given(texts_with_spans())
def test_naming_every_entity_in_order_finds_entities_of_the_same_surfaces(
    made: tuple[str, list[EntitySpan]],
) -> None:
    text, spans = made
    surfaces = [text[span.start : span.end] for span in spans]
    found = align(
        text, list(zip(surfaces, "XYZUVWABCDEFGHIJKLMNOPQRST"[: len(spans)], strict=True))
    )
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert {text[span.start : span.end] for span in found} <= set(surfaces)


@given(st.lists(st.sampled_from(["Ann", "Bo", "Cy", "d’Or", "北京", "(x)"]), unique=True))
def test_align_after_surface_is_the_identity_where_no_surface_repeats(names: list[str]) -> None:
    text = ", ".join(f"see {name} now" for name in names)
    spans = [
        EntitySpan(text.index(name), text.index(name) + len(name), f"T{i}")
        for i, name in enumerate(names)
    ]
    assert align(text, [(text[s.start : s.end], s.type) for s in spans]) == spans


@given(st.text(max_size=40), st.lists(st.tuples(st.text(max_size=8), st.sampled_from("XY"))))
def test_whatever_is_named_an_entity_stands_in_the_text(text: str, mentions: Mentions) -> None:
    try:
        found = align(text, mentions)
    except NotFound:
        return
    assert all(0 <= span.start < span.end <= len(text) for span in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
