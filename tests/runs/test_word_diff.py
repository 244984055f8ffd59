from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.runs.word_diff import MOST_CHARACTERS, DiffPiece, WordDiff, word_diff

WORDS = st.sampled_from(
    ["the ", "lid ", "cracked", ".\n", "\n", "  ", "漢字", "हिन्दी ", "e\u0301", "_", "{", "👩‍👧"]
)
TEXTS = st.one_of(st.lists(WORDS, max_size=25).map("".join), st.text(max_size=40))


def shown(found: WordDiff) -> str:
    marks = {"same": "{}", "out": "[-{}-]", "in": "{{+{}+}}", "fold": "<{}>"}
    return "".join(marks[one.kind].format(one.text or one.words) for one in found.pieces)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("a b c", "a b c", "a b c"),
        ("", "", ""),
        ("", "a", "{+a+}"),
        ("the lid cracked", "the old lid cracked", "the {+old +}lid cracked"),
        ("the lid cracked", "the lid held", "the lid [-cracked-]{+held+}"),
        ("a b", "a\nb", "a[- -]{+\n+}b"),
        ("Lid.", "lid.", "[-Lid-]{+lid+}."),
        ("猫が好き", "犬が好き", "[-猫-]{+犬+}が好き"),
        ("  a", "a", "[-  -]a"),
    ],
)
def test_what_went_and_what_came(old: str, new: str, said: str) -> None:
    assert shown(word_diff(old, new)) == said


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_off_it(old: str, new: str) -> None:
    found = word_diff(old, new)
    assert (found.old, found.new, found.left_out) == (old, new, (0, 0))
    assert found.differs is (old != new)
    kinds = [one.kind for one in found.pieces]
    assert all(one != other for one, other in pairwise(kinds)), "no two alike"
    assert all(one.text for one in found.pieces)
    turned = word_diff(new, old)
    assert (turned.old, turned.new) == (new, old)


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_the_smallest_change_is_found_before_it_is_tidied(old: list[str], new: list[str]) -> None:
    """By the length of the longest common subsequence, worked out the slow way."""
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, a in enumerate(old):
        for j, b in enumerate(new):
            best[i + 1][j + 1] = best[i][j] + 1 if a == b else max(best[i][j + 1], best[i + 1][j])
    found = word_diff(" ".join([*old, "z"]), " ".join([*new, "z"]))
    assert found.words("same") <= best[-1][-1] + 1
    if found.words("out") + found.words("in") <= 1:
        assert found.words("same") == best[-1][-1] + 1


@given(TEXTS, TEXTS, st.integers(0, 5))
def test_a_fold_hides_what_is_the_same_and_counts_it(old: str, new: str, around: int) -> None:
    found = word_diff(old, new)
    folded = found.folded(around)
    for kind in ("same", "out", "in"):
        assert folded.words(kind) == found.words(kind), kind
    changes = [one for one in found.pieces if one.kind in ("out", "in")]
    assert [one for one in folded.pieces if one.kind in ("out", "in")] == changes


def test_folded() -> None:
    long = " ".join(f"w{n}" for n in range(30))
    found = word_diff(f"{long} x {long}", f"{long} y {long}").folded(2)
    assert shown(found) == "<28>w28 w29 [-x -]{+y +}w0 w1 <28>"
    assert word_diff(long, long).folded(2).pieces[1:] == (DiffPiece("fold", "", 28),)


def test_texts_that_have_nothing_in_common_are_not_cut_into_confetti() -> None:
    old = "We looked at the rows of the class and the student was sure of a wrong label."
    new = "The analyst says that a text of the other kind is the one it gets wrong."
    assert len(word_diff(old, new).pieces) <= 5


def test_what_is_too_long_is_cut_and_said_to_be() -> None:
    found = word_diff("a b c d", "a b x d", most=2)
    assert shown(found) == "a b " and found.left_out == (3, 3)
    heap = "x" * (MOST_CHARACTERS + 7)
    assert word_diff(heap, heap).left_out == (7, 7)
    assert word_diff("", " " * (MOST_CHARACTERS + 1)).left_out == (0, 1)


@pytest.mark.parametrize("alike", [True, False])
def test_twenty_thousand_words_take_no_time_to_speak_of(alike: bool) -> None:
    draws = random.Random(1)
    old = [f"w{draws.randrange(3000)}" for _ in range(20_000)]
    new = [word if draws.random() < 0.9 else "new" for word in old] if alike else old[::-1]
    begun = time.process_time()
    found = word_diff(" ".join(old), " ".join(new))
    assert time.process_time() - begun < 5
    assert found.old == " ".join(old) and found.new == " ".join(new)
