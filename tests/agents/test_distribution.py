"""Votes into a distribution over answers, and what becomes of it when the critic relabels."""

from __future__ import annotations

import math
from typing import Any

import pytest

from agents.distribution import certainty, distribution_of, moved
from agents.labeler import stated_confidence
from agents.records import Candidate, Draft, Vote
from evokd.tasks.formats.multi import join, split

ANSWERS = ("bad", "fair", "good")


def vote(label: str | None, voter: int = 0, **more: Any) -> Vote:
    return Vote("r", voter, label, more.get("logprobs"), "call", confidence=more.get("confidence"))


def logprobs(*shares: float) -> dict[str, float]:
    return {name: math.log(p) for name, p in zip(ANSWERS, shares, strict=True)}


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([], None),
        ([vote(None)], None),
        ([vote("good")], None),
        ([vote("good"), vote(None, 1)], None),
        ([vote("good"), vote("good", 1), vote("bad", 2)], {"good": 2 / 3, "bad": 1 / 3}),
        ([vote("good", confidence=0.8)], {"bad": 0.1, "fair": 0.1, "good": 0.8}),
        ([vote("good", confidence=0.0)], {"bad": 1 / 3, "fair": 1 / 3, "good": 1 / 3}),
        (
            [vote("good", logprobs=logprobs(0.1, 0.2, 0.7)), vote("bad", 1)],
            {"bad": 0.55, "fair": 0.1, "good": 0.35},
        ),
        (
            [vote("good", confidence=0.8), vote("bad", 1)],
            {"bad": 0.55, "fair": 0.05, "good": 0.4},
        ),
    ],
)
def test_the_mean_of_the_voters(votes: list[Vote], expected: dict[str, float] | None) -> None:
    found = distribution_of(votes, ANSWERS)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-5))
    assert found is None or sum(found.values()) == pytest.approx(1, abs=1e-5)


def test_a_confidence_without_known_answers_is_a_plain_vote() -> None:
    assert distribution_of([vote("good", confidence=0.8)], ()) is None


def test_a_relabelled_row_loses_the_old_label_alone() -> None:
    told = {"bad": 0.6, "fair": 0.3, "good": 0.1}
    assert moved(told, "bad", "good", "classification") == pytest.approx({"good": 0.7, "fair": 0.3})
    assert moved(None, "bad", "good", "classification") is None


def classes(label: str) -> tuple[str, ...]:
    return tuple(f"{head}: {name}" for head, name in split(label).items())


def test_several_heads_move_and_are_sure_each_for_itself() -> None:
    answers = {
        join({"mood": "bad", "thing": "lid"}): 0.5,
        join({"mood": "good", "thing": "lid"}): 0.2,
        join({"mood": "good", "thing": "lamp"}): 0.3,
    }
    old, new = ({"mood": "bad", "thing": thing} for thing in ("lid", "lamp"))
    found = moved(answers, join(old), join(new), "multi")
    assert found is not None and certainty(found, join(new), classes) == pytest.approx(0.75)
    assert certainty(answers, join(old), classes) == pytest.approx((0.5 + 0.7) / 2)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        *[(80, 0.8), ("80", 0.8), (" 80 % ", 0.8), (0.8, 0.8), (0, 0.0), (1, 0.01), (100, 1.0)],
        *[(None, None), (True, None), (101, None), (-1, None), ("sure", None), ("9" * 400, None)],
        *[(float("nan"), None), ([], None), ("٣", None)],
    ],
)
def test_what_models_say_of_how_sure_they_are(said: Any, expected: float | None) -> None:
    assert stated_confidence(said) == (expected if expected is None else pytest.approx(expected))


def test_records_of_before_are_read_and_written_as_they_were() -> None:
    draft = Draft("r", 1, "hard", "text", None, None, ())
    old = Candidate(draft, "good", None, 1.0, (vote("good"),)).to_json()
    assert "distribution" not in old and "confidence" not in old["votes"][0]
    assert Candidate.from_json(old).distribution is None
    new = Candidate(draft, "good", 0.8, 1.0, (vote("good", confidence=0.8),), {"good": 0.8})
    assert Candidate.from_json(new.to_json()) == new
