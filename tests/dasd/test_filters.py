from __future__ import annotations

from dataclasses import replace

import pytest

from evokd.dasd.filters import MeasuredResponse, Rules, filter_responses, repeated_share

TEXT = (
    "You listen to a friend and a word is lost in the noise. The friend can say it once more when"
    " you ask. So the answer is B."
)
GOOD = MeasuredResponse("1", "q", TEXT, "stop", 30, "B", True)
LOOP = "I think so. " * 30


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"text": " \n"}, "empty"),
        ({"finish_reason": "length"}, "truncated"),
        ({"finish_reason": "content_filter"}, "truncated"),
        ({"finish_reason": "unknown"}, "truncated"),
        ({"tokens": 15}, "too_short"),
        ({"tokens": 16}, None),
        ({"tokens": 2048}, None),
        ({"tokens": 2049}, "too_long"),
        ({"answer": None}, "no_conclusion"),
        ({"text": LOOP + TEXT[:40]}, "repetitive"),
        ({"text": TEXT + LOOP}, "repetitive"),
        ({"right": False}, "wrong"),
        ({"right": None}, None),
        # the first reason counts
        ({"text": "", "finish_reason": "length", "answer": None}, "empty"),
        ({"finish_reason": "length", "answer": None, "right": False}, "truncated"),
        ({"answer": None, "right": False}, "no_conclusion"),
    ],
)
def test_reasons(change: dict[str, object], reason: str | None) -> None:
    one = replace(GOOD, **change)  # type: ignore[arg-type]
    filtered = filter_responses([one], Rules())
    assert filtered.dropped == ({} if reason is None else {"1": reason})
    assert filtered.kept == (() if reason else (one,))


def test_the_gold_switch_drops_but_counting_goes_on() -> None:
    other = "Sailors count the hours by bells, so D must be meant here, says the book."
    rows = [GOOD, replace(GOOD, id="2", text=other, right=False)]
    strict, loose = (filter_responses(rows, Rules(gold=gold)) for gold in (True, False))
    assert [one.id for one in strict.kept] == ["1"]
    assert [one.id for one in loose.kept] == ["1", "2"]
    assert (strict.right, strict.wrong) == (loose.right, loose.wrong) == (1, 1)
    assert strict.counts == {"wrong": 1}
    assert loose.counts == {}


def test_near_duplicates_of_one_question() -> None:
    nearly = TEXT.replace("lost", "gone")
    rows = [GOOD, replace(GOOD, id="2", text=nearly), replace(GOOD, id="3", question="other")]
    assert filter_responses(rows, Rules()).dropped == {"2": "duplicate"}
    assert filter_responses(rows, Rules(duplicates=None)).dropped == {}
    assert filter_responses(rows, Rules(duplicates=1.0)).dropped == {}


def test_what_was_dropped_does_not_make_a_duplicate() -> None:
    rows = [replace(GOOD, right=False), replace(GOOD, id="2")]
    assert filter_responses(rows, Rules()).dropped == {"1": "wrong"}


def test_repetition() -> None:
    assert repeated_share(TEXT) == 0
    assert repeated_share("short") == 0
    assert repeated_share("") == 0
    assert repeated_share(LOOP) > 0.9
    assert repeated_share("好的。" * 100) > 0.9
    sums = " ".join(f"She buys {i} eggs for {3 * i} coins and has {90 - i} left." for i in range(9))
    assert repeated_share(sums) < 0.5
