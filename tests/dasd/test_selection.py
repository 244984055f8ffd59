from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.dasd.scores import ResponseScores, Sentence, Thresholds
from evokd.dasd.selection import (
    Ordering,
    SelectionCandidate,
    SortKey,
    Within,
    by_rank,
    by_thresholds,
    kept_by_divergence,
    same_count,
    same_tokens,
)
from evokd.dasd.spans import ByteSpan

LIMITS = Thresholds()
KEYS: list[SortKey] = ["divergence", "random", "longest", "shortest", "student_nll", "rsr"]


def response(*pairs: tuple[float, float]) -> ResponseScores:
    """A response by its sentences' log-probabilities (teacher, student), one token each."""
    return ResponseScores(
        tuple(Sentence(ByteSpan(i, i + 1), t, 1, s, 1) for i, (t, s) in enumerate(pairs)), 0, 0, 0
    )


TAUGHT, KNOWN, UNSURE = (-0.1, -2.0), (-0.1, -0.1), (-1.5, -4.0)


def candidate(name: str, question: str = "q", **more: object) -> SelectionCandidate:
    made = SelectionCandidate(name, question, "low", 10, response(KNOWN))
    return replace(made, **more)  # type: ignore[arg-type]


def names(rows: tuple[SelectionCandidate, ...]) -> str:
    return "".join(row.id for row in rows)


POOL = (
    candidate("a", "1", size=30, student_nll=0.5, rsr=3.0, scored=response(TAUGHT, TAUGHT)),
    candidate("b", "1", size=10, student_nll=0.9, rsr=1.0, scored=response(TAUGHT, KNOWN)),
    candidate("c", "2", size=20, student_nll=0.1, rsr=2.0, scored=response(KNOWN, KNOWN)),
    candidate("d", "2", size=40, student_nll=0.7, rsr=4.0, scored=response(UNSURE, KNOWN)),
)


@pytest.mark.parametrize(
    ("key", "order"),
    [
        ("divergence", "abdc"),
        ("longest", "dacb"),
        ("shortest", "bcad"),
        ("student_nll", "cadb"),
        ("rsr", "bcad"),
    ],
)
def test_orders(key: SortKey, order: str) -> None:
    assert names(tuple(Ordering(key).sort(POOL))) == order


def test_thresholds_by_hand() -> None:
    # shares of teacher sentences: 1, 1/2, 0, 0 (d is unsure)
    assert names(by_thresholds(POOL, LIMITS).kept) == "ab"
    assert names(by_thresholds(POOL, replace(LIMITS, share=0.5)).kept) == "ab"
    assert names(by_thresholds(POOL, replace(LIMITS, share=0.51)).kept) == "a"
    assert names(by_thresholds(POOL, replace(LIMITS, confidence=0)).kept) == "abd"


def test_a_selection_that_keeps_nothing_says_why() -> None:
    none = by_thresholds(POOL[2:], LIMITS)
    assert (none.kept, none.of, none.unscored) == ((), 2, 0)
    assert none.reason == (
        "no response holds 30% of teacher sentences (p_T >= 0.6, d >= 0.2); the most is 0%"
    )
    blind = [replace(one, scored=None) for one in POOL]
    assert by_thresholds(blind, LIMITS).reason.startswith("none of 4 responses has the scores")
    assert by_thresholds([], LIMITS).reason == "there was no response to select from"
    assert by_rank(blind, 0.5, Ordering()).unscored == 4
    assert same_count(POOL, none, Ordering("random")).kept == ()
    assert "keeps nothing" in same_count(POOL, none, Ordering("random")).reason
    assert same_tokens(POOL, 0, Ordering("random")).reason.startswith("the size asked for")


@pytest.mark.parametrize(
    ("within", "fraction", "kept"),
    [
        ("question", 0.5, "ad"),
        ("question", 0.1, "ad"),
        ("question", 1.0, "abcd"),
        ("stratum", 0.5, "ab"),
        ("stratum", 0.25, "a"),
        ("stratum", 0.6, "ab"),
        ("stratum", 0.625, "abd"),  # half up
    ],
)
def test_ranks(within: Within, fraction: float, kept: str) -> None:
    assert names(by_rank(POOL, fraction, Ordering(), within).kept) == kept


def test_strata_are_ranked_apart() -> None:
    mixed = [replace(one, stratum="high" if one.id in "ab" else "low") for one in POOL]
    assert names(by_rank(mixed, 0.5, Ordering(), "stratum").kept) == "ad"


@pytest.mark.parametrize("fraction", [0, -1, 1.01])
def test_fractions(fraction: float) -> None:
    with pytest.raises(ValueError, match="expected 0 < fraction <= 1"):
        by_rank(POOL, fraction, Ordering())


def test_what_has_no_score_is_never_kept_but_counted() -> None:
    pool = [*POOL, candidate("e", "3", scored=None)]
    chosen = by_rank(pool, 1.0, Ordering())
    assert (names(chosen.kept), chosen.unscored, chosen.of) == ("abcd", 1, 5)
    assert names(by_rank(pool, 1.0, Ordering("random")).kept) == "abcde"


def test_ids_are_needed_once() -> None:
    with pytest.raises(ValueError, match="ids occur twice: a"):
        by_rank([POOL[0], POOL[0]], 1.0, Ordering())


def many(n: int) -> list[SelectionCandidate]:
    return [
        candidate(
            f"r{i}", f"q{i // 4}", stratum="low" if i % 2 else "high", size=5 + i % 17,
            scored=response(TAUGHT if i % 3 else KNOWN), student_nll=i / n, rsr=1 - i / n,
        )
        for i in range(n)
    ]  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("within", ["question", "stratum"])
def test_controls_take_as_many_from_each_group(key: SortKey, within: Within) -> None:
    pool = many(80)
    chosen = by_thresholds(pool, LIMITS)
    rival = same_count(pool, chosen, Ordering(key, seed=1), within)
    assert 0 < len(chosen.kept) < len(pool)

    def counts(rows: tuple[SelectionCandidate, ...]) -> list[tuple[str, ...]]:
        return sorted((row.stratum, row.question if within == "question" else "") for row in rows)

    assert counts(rival.kept) == counts(chosen.kept)
    assert rival.reason == ""


def test_the_random_control_differs_by_seed_and_not_by_order() -> None:
    pool = many(80)
    chosen = by_thresholds(pool, LIMITS)
    shuffled = random.Random(1).sample(pool, len(pool))
    one = same_count(pool, chosen, Ordering("random", seed=1))
    assert {row.id for row in same_count(shuffled, chosen, Ordering("random", seed=1)).kept} == {
        row.id for row in one.kept
    }
    assert same_count(pool, chosen, Ordering("random", seed=2)).kept != one.kept
    assert one.kept != chosen.kept


def test_the_random_control_is_fair() -> None:
    pool = many(40)
    chosen = by_rank(pool, 0.5, Ordering(), "stratum")
    taken = dict.fromkeys((row.id for row in pool), 0)
    for seed in range(400):
        for row in same_count(pool, chosen, Ordering("random", seed=seed)).kept:
            taken[row.id] += 1
    assert 150 < min(taken.values()) <= max(taken.values()) < 250  # 5 sd around 200


@given(st.integers(0, 500), st.sampled_from(KEYS))
def test_equal_tokens(tokens: int, key: SortKey) -> None:
    pool = many(30)
    chosen = same_tokens(pool, tokens, Ordering(key, seed=3))
    total = sum(row.size for row in pool)
    largest = max(row.size for row in pool)
    assert abs(chosen.size - tokens) <= largest / 2 or chosen.size == total


def test_kept_share_against_divergence() -> None:
    # teacher sentences of d = 0.77, of d = 0.77 in half, none, and 0.2 at p_T = 0.22
    table = kept_by_divergence(POOL, LIMITS, (0.0, 0.2, 0.7, 0.8))
    assert table == {0.0: 1.0, 0.2: 0.5, 0.7: 0.5, 0.8: 0.0}
    assert kept_by_divergence([], LIMITS, (0.2,)) == {0.2: 0.0}
