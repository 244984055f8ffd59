"""Which rows a person is shown, and what a verdict makes of a row."""

from __future__ import annotations

import math
import random

from agents.person import PERSON, Judgement, choose, person_label, with_vote
from agents.records import Candidate, Draft, Verdict, Vote


def candidate(row: str, *labels: str, probability: float | None = None) -> Candidate:
    votes = tuple(Vote(row, at, label, None, None) for at, label in enumerate(labels))
    share = labels.count(labels[0]) / len(labels)
    draft = Draft(row, 1, "hard", f"text {row}", None, None, ())
    return Candidate(draft, labels[0], probability, share, votes)


def shown(rows: list[Judgement], pick: str, most: int = 2, **margins: float) -> list[str]:
    found = choose(rows, pick, most, margins, random.Random(1))  # type: ignore[arg-type]
    return [row.candidate.draft.row for row in found]


def test_uncertain_goes_by_the_labelers_then_by_the_student() -> None:
    rows = [
        Judgement(candidate("a", "x", probability=0.9), None),
        Judgement(candidate("b", "x", "x", "y"), None),
        Judgement(candidate("c", "x"), None),
        Judgement(candidate("d", "x"), None),
    ]
    assert shown(rows, "uncertain", 2, c=0.1) == ["a", "b"]
    assert shown(rows, "uncertain", 3, c=0.1, d=0.8) == ["a", "b", "c"]
    assert shown(rows, "uncertain", 3, c=0.8, d=0.1) == ["a", "b", "d"]


def test_disputed_is_where_judges_said_different_things() -> None:
    rows = [
        Judgement(candidate("a", "x", "x"), Verdict("a", "accept", "x", "")),
        Judgement(candidate("b", "x", "x", "y"), Verdict("b", "accept", "x", "")),
        Judgement(candidate("c", "x"), Verdict("c", "relabel", "y", "")),
        Judgement(candidate("d", "x"), Verdict("d", "reject", None, "")),
    ]
    assert shown(rows, "disputed", 9) == ["b", "c", "d"]
    assert shown(rows, "random", 9) == ["a", "b", "c"]  # what is rejected stays so


def test_random_is_random_and_the_same_again() -> None:
    rows = [Judgement(candidate(f"r{at}", "x"), None) for at in range(30)]
    first = shown(rows, "random", 5)
    assert first == shown(rows, "random", 5) and len(first) == 5
    assert first == sorted(first, key=lambda row: int(row[1:])) != [f"r{at}" for at in range(5)]


def test_a_verdict_is_a_vote_of_weight_one_and_the_label() -> None:
    row = candidate("a", "x", "x")
    votes = tuple(
        Vote("a", at, "x", {"x": math.log(0.8), "y": math.log(0.2)}, None) for at in range(2)
    )
    row = Candidate(row.draft, "x", 0.8, 1.0, votes)
    other = with_vote(row, "y")
    assert (other.label, other.agreement) == ("y", 1 / 3)
    assert other.probability is not None and math.isclose(other.probability, 0.2)
    assert person_label(other) == "y" and person_label(row) is None
    same = with_vote(other, "x")  # a second verdict takes the place of the first
    assert (same.agreement, len(same.votes), same.votes[-1].voter) == (1.0, 3, PERSON)
    assert Candidate.from_json(same.to_json()) == same
