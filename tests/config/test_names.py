"""Which name is meant by what a model or a file has, and which two can't be told apart."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.config.names import Names, check_names, folded, seen, whole


@pytest.mark.parametrize(
    ("names", "said", "meant"),
    [
        (("negative", "positive"), "NEGATIVE", "negative"),
        (("negative", "positive"), " Negative\n", "negative"),
        (("negative", "positive"), "negativ", None),
        (("US", "us"), "US", "US"),
        (("US", "us"), "us", "us"),
        (("US", "us"), "us ", "us"),
        (("US", "us"), "Us", None),
        (("US", "UK"), "us", "US"),
        (("Maße", "Masse"), "Maße", "Maße"),
        (("Maße", "Masse"), "Masse", "Masse"),
        (("Maße", "Masse"), "MASSE", None),
        (("Maße", "Gewicht"), "MASSE", "Maße"),
        (("İstanbul", "istanbul"), "İstanbul", "İstanbul"),
        (("İstanbul", "Ankara"), "istanbul", "İstanbul"),
        (("İstanbul", "Ankara"), "I\u0307STANBUL", "İstanbul"),
        (("kızgın", "mutlu"), "KIZGIN", "kızgın"),
        (("cafe\u0301", "bar"), "café", "cafe\u0301"),
        (("café", "bar"), "CAFE\u0301", "café"),
        (("sports ", "news"), "sports", "sports "),
        (("sports ", "news"), "sports ", "sports "),
        (("New\u00a0York", "Boston"), "New York", "New\u00a0York"),
        (("New York", "Boston"), "new\u202f york", "New York"),
        (("sports", "news"), "sports\u200b", "sports"),
        (("❤", "x"), "❤\ufe0f", "❤"),
        (("ＯＫ", "no"), "ok", "ＯＫ"),
        (("", "x"), "", ""),
    ],
)
def test_the_name_that_is_meant(names: tuple[str, ...], said: str, meant: str | None) -> None:
    fits = Names(names).fits(said)
    assert (fits[0] if len(fits) == 1 else None) == meant


def test_case_counts_where_it_is_asked_to() -> None:
    names = Names(("negative", "positive"))
    assert names.fits("NEGATIVE", any_case=False) == ()
    assert names.fits(" negative ", any_case=False) == ("negative",)


@given(st.lists(st.text(), min_size=1, unique=True))
def test_every_name_is_found_as_it_is_and_any_form_of_it_among_others(names: list[str]) -> None:
    known = Names(names)
    for name in names:
        assert known.fits(name) == (name,)
        for form in (unicodedata.normalize("NFD", name), f" {name}\u00a0", name.upper()):
            if form not in names and folded(form) == folded(name):
                fits = known.fits(form)
                assert name in fits or (fits and folded(fits[0]) == folded(name))


@given(st.text())
def test_ways_of_seeing_are_stable(text: str) -> None:
    assert seen(seen(text)) == seen(text)
    assert folded(text) == folded(f" {text}\u00a0")


@pytest.mark.parametrize(
    ("value", "found"),
    [("1.0", "1"), ("-1.00", "-1"), ("1", "1"), ("01", "01"), ("1.5", "1.5"), ("v1.0", "v1.0")],
)
def test_a_whole_number_loses_its_point(value: str, found: str) -> None:
    assert whole(value) == found


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a", "a "), r"the labels 'a' and 'a ' look the same"),
        (("é", "e\u0301"), r"the labels '\\xe9' and 'e\\u0301'"),
        (("a b", "a\u00a0b"), r"'a b' and 'a\\xa0b'"),
        (("a", "\u200b"), "a label's name is empty"),
    ],
)
def test_names_that_can_not_be_told_apart(names: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_names(names, "label")
