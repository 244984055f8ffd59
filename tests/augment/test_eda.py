from __future__ import annotations

from collections import Counter
from random import Random
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.augment.eda import (
    STOP_WORDS,
    augment,
    check_language,
    clean,
    delete,
    insert,
    replace,
    swap,
)
from evokd.augment.synonyms import load_synonyms
from evokd.config import ConfigError

WORDS = st.lists(st.sampled_from(["kettle", "lid", "very", "good", "the", "zzz"]), min_size=1)
SEEDS = st.integers(0, 50)


class Few:
    """Two words have synonyms."""

    known: ClassVar[dict[str, tuple[str, ...]]] = {
        "kettle": ("boiler", "tea pot"),
        "good": ("fine",),
    }

    def of(self, word: str) -> tuple[str, ...]:
        return self.known.get(word, ())


class Counting(Few):
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def of(self, word: str) -> tuple[str, ...]:
        self.asked += 1
        return ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't buy: the E-Kettle's lid\tbroke!!", "dont buy the e kettles lid broke"),
        ("  ’tis 5 o’clock\n", "tis oclock"),
        ("Café", "caf"),
        ("???", ""),
    ],
)
def test_cleaning(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_replacement_takes_every_place_and_no_stop_word() -> None:
    words = ["the", "kettle", "is", "a", "good", "kettle"]
    one = {" ".join(replace(words, 1, Random(seed), Few())) for seed in range(40)}
    assert one == {
        "the boiler is a good boiler",
        "the tea pot is a good tea pot",
        "the kettle is a fine kettle",
    }
    both = {" ".join(replace(words, 9, Random(seed), Few())) for seed in range(40)}
    assert both == {"the boiler is a fine boiler", "the tea pot is a fine tea pot"}
    assert replace(["the", "lid"], 1, Random(1), Few()) == ["the", "lid"]


def test_a_stop_word_with_synonyms_stays() -> None:
    class Any_:
        def of(self, word: str) -> tuple[str, ...]:
            return ("other",)

    assert "very" in STOP_WORDS
    assert replace(["very", "the"], 2, Random(1), Any_()) == ["very", "the"]


@given(WORDS, st.integers(1, 4), SEEDS)
def test_insertion_adds_synonyms_of_words_that_stand_there(
    words: list[str], count: int, seed: int
) -> None:
    result = insert(words, count, Random(seed), Few())
    added = Counter(result) - Counter(words)
    assert sum(added.values()) == len(result) - len(words) <= count
    assert set(added) <= {word for one in words for word in Few().of(one)}
    assert result[-1] == words[-1]
    rest = iter(result)
    assert all(word in rest for word in words)  # the order is kept


def test_insertion_gives_up_after_ten_words() -> None:
    source = Counting()
    assert insert(["lid", "zzz"], 3, Random(1), source) == ["lid", "zzz"]
    assert source.asked == 30


@given(WORDS, st.integers(1, 4), SEEDS)
def test_swaps_permute(words: list[str], count: int, seed: int) -> None:
    result = swap(words, count, Random(seed))
    assert Counter(result) == Counter(words)
    if count == 1:
        assert sum(a != b for a, b in zip(words, result, strict=True)) in (0, 2)


def test_a_swap_nearly_always_moves() -> None:
    moved = [swap(["a", "b", "c", "d"], 1, Random(seed)) != list("abcd") for seed in range(300)]
    assert sum(moved) > 290


@given(WORDS, st.floats(0, 1), SEEDS)
def test_deletion_leaves_something_in_order(words: list[str], chance: float, seed: int) -> None:
    result = delete(words, chance, Random(seed))
    assert result
    rest = iter(words)
    assert all(word in rest for word in result)


def test_deletion_rate() -> None:
    words = [f"w{at}" for at in range(2000)]
    assert 1740 < len(delete(words, 0.1, Random(1))) < 1860
    assert delete(["one"], 1.0, Random(1)) == ["one"]
    assert len(delete(words, 1.0, Random(1))) == 1


@pytest.mark.parametrize("variants", [1, 3, 4, 8, 9, 16])
def test_as_many_as_asked_for(variants: int) -> None:
    text = "The kettle is a good kettle, and the lid fits."
    found = augment(text, variants=variants, alpha=0.1, rng=Random(1), synonyms=Few())
    assert len(found) == variants
    assert all(one == clean(one) != "" for one in found)
    assert found == augment(text, variants=variants, alpha=0.1, rng=Random(1), synonyms=Few())


def test_every_operation_takes_part() -> None:
    """Versions of 10 different words at alpha 0.1 bear one edit each; the count tells which."""
    text = "kettle zero one two three four five six seven eight"
    found = augment(text, variants=400, alpha=0.1, rng=Random(1), synonyms=Few())
    kinds = Counter(
        "replaced"
        if "kettle" not in one and len(one.split()) >= 10
        else "inserted"
        if len(one.split()) > 10
        else "shorter"
        if len(one.split()) < 10
        else "swapped"
        if one != text
        else "same"
        for one in found
    )
    assert all(kinds[kind] > 50 for kind in ("replaced", "inserted", "shorter", "swapped"))
    assert set(augment(text, variants=9, alpha=0.1, rng=Random(2), synonyms=Few())) - {text}


def test_no_letters_no_variants() -> None:
    assert augment("12 + 5 = 17!", variants=9, alpha=0.1, rng=Random(1), synonyms=Few()) == []


def test_with_wordnet() -> None:
    text = "The kettle broke within a week, nobody answers my mails."
    found = augment(text, variants=9, alpha=0.1, rng=Random(1), synonyms=load_synonyms())
    assert len(found) == 9 and len(set(found)) > 5
    assert all(len(set(one.split()) & set(clean(text).split())) >= 6 for one in found)


def test_languages() -> None:
    for language in ("en", "EN", "en-GB", "en_US"):
        check_language(language)
    for language in ("zh", "de", "enm", ""):
        with pytest.raises(ConfigError, match=r"task\.language: method eda edits English texts"):
            check_language(language)
