"""Doubt: what speaks against an order, who is asked, and what three votes come to."""

from __future__ import annotations

import math

import pytest

from agents.ballot import KnownTexts, hold_ballot
from agents.doubt import (
    EVIDENCE,
    WRITER,
    Evidence,
    every_so_often,
    to_ask,
    votes_of,
    weighed,
    with_student,
)
from agents.records import Draft, Vote

LABELS = ("a", "b", "c")


def draft(number: int = 1, intended: str = "a") -> Draft:
    return Draft(f"r{number}", 1, "plain", f"text number {number}", intended, "call", ())


@pytest.mark.parametrize(
    ("shares", "margin", "likeliest", "gap", "doubted"),
    [
        ({"a": 1.0}, 0.0, "a", -1.0, False),
        ({"b": 1.0}, 0.0, "b", 1.0, True),
        ({"a": 0.6, "b": 0.4}, 0.0, "a", -0.2, False),
        ({"a": 0.3, "b": 0.4, "c": 0.3}, 0.0, "b", 0.1, True),
        ({"a": 0.3, "b": 0.4, "c": 0.3}, 0.2, "b", 0.1, False),
        ({"a": 0.5, "b": 0.5}, 0.0, "a", 0.0, False),
        ({}, 0.0, "a", 0.0, False),
        ({}, -2.0, "a", 0.0, False),
        ({"a": 1.0}, -2.0, "a", -1.0, True),
    ],
)
def test_an_order_is_doubted_where_another_class_is_ahead(
    shares: dict[str, float], margin: float, likeliest: str, gap: float, doubted: bool
) -> None:
    found = weighed(draft(), Evidence(shares), margin)
    assert (found.intended, found.likeliest, found.doubted) == ("a", likeliest, doubted)
    assert found.gap == pytest.approx(gap) and not found.asked


def test_the_most_doubtful_are_asked_about() -> None:
    shares = [{"b": 0.6, "a": 0.4}, {"b": 1.0}, {"a": 1.0}, {"b": 0.9, "a": 0.1}, {"b": 1.0}]
    doubts = [weighed(draft(at), Evidence(one), 0.0) for at, one in enumerate(shares)]
    assert [one.row for one in to_ask(doubts, 2) if one.asked] == ["r1", "r4"]
    assert [one.row for one in to_ask(doubts, 9) if one.asked] == ["r0", "r1", "r3", "r4"]
    assert not any(one.asked for one in to_ask(doubts, 0))


def settle(said: str | None, shares: dict[str, float]) -> tuple[str | None, dict[str, float]]:
    """What a doubted text of class a comes to with this labeler's answer; and its distribution."""
    one, known = draft(), Evidence(shares)
    (doubt,) = to_ask([weighed(one, known, 0.0)], 1)
    votes = [*votes_of(one, doubt, known, LABELS), Vote("r1", 0, said, None, "other")]
    result = hold_ballot(
        *([one], votes, LABELS),
        known=KnownTexts(),
        off_limits=(),
        calibrate=True,
        answers=LABELS,
    )
    if not result.candidates:
        assert result.rejected[0].reason == "tied vote"
        return None, {}
    (found,) = result.candidates
    return found.label, dict(found.distribution or {})


def test_two_of_three_decide() -> None:
    against = {"b": 1.0}
    label, told = settle("a", against)
    assert label == "a"
    # writer: half a, half b; evidence: b; labeler: a
    assert told == pytest.approx({"a": 0.5, "b": 0.5}, abs=1e-5)
    assert settle("b", against)[0] == "b"
    assert settle("c", against)[0] is None
    assert settle(None, against)[0] is None


def test_an_order_that_nobody_is_asked_about_stands_and_says_how_sure_it_is() -> None:
    one, known = draft(), Evidence({"a": 0.6, "b": 0.4})
    (vote,) = votes_of(one, weighed(one, known, 0.0), known, LABELS)
    assert (vote.voter, vote.label, vote.call) == (WRITER, "a", "call")
    assert vote.logprobs is not None
    shares = {name: math.exp(value) for name, value in vote.logprobs.items()}
    assert shares == pytest.approx({"a": 0.8, "b": 0.2, "c": 0.0}, abs=1e-5)


def test_without_evidence_an_order_says_nothing_of_how_sure_it_is() -> None:
    one, known = draft(), Evidence({})
    (vote,) = votes_of(one, weighed(one, known, 0.0), known, LABELS)
    assert vote.logprobs is None and vote.label == "a"


def test_no_bias_is_taken_out_of_orders() -> None:
    """A round may well be for one class; only labelers lean towards one."""
    drafts = [draft(at) for at in range(20)]
    known = Evidence({"a": 0.9, "b": 0.1})
    votes = [
        vote
        for one in drafts
        for vote in votes_of(one, weighed(one, known, 0.0), known, ("a", "b"))
    ]
    result = hold_ballot(
        *(drafts, votes, ("a", "b")),
        known=KnownTexts((), lambda: Never()),
        off_limits=(),
        calibrate=True,
    )
    assert {row.label for row in result.candidates} == {"a"}
    assert all(row.probability == pytest.approx(0.95, abs=1e-5) for row in result.candidates)


class Never:
    """Finds no near-duplicates."""

    def add(self, text: str) -> None: ...
    def twin(self, text: str) -> str | None:
        return None


def test_the_student_alone_or_beside_the_neighbours() -> None:
    (alone,) = with_student([], [[0.2, 0.8, 0.0]], LABELS)
    assert alone.shares == {"a": 0.2, "b": 0.8, "c": 0.0}
    (both,) = with_student([Evidence({"a": 1.0}, ("x",))], [[0.2, 0.8, 0.0]], LABELS)
    assert both.shares == pytest.approx({"a": 0.6, "b": 0.4, "c": 0.0}) and both.near == ("x",)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5, 0.99])
def test_a_share_is_doubted_in_a_plan(share: float) -> None:
    doubts = [weighed(draft(at), Evidence({}), 0.0) for at in range(100)]
    assert sum(one.doubted for one in every_so_often(doubts, share)) == round(100 * share)


def test_the_evidence_votes_where_a_labeler_is_asked() -> None:
    one, known = draft(), Evidence({"b": 0.7, "a": 0.3}, ("n1", "n2"))
    (doubt,) = to_ask([weighed(one, known, 0.0)], 1)
    own, other = votes_of(one, doubt, known, LABELS)
    assert (own.voter, own.label) == (WRITER, "a")
    assert (other.voter, other.label, other.call) == (EVIDENCE, "b", None)
    assert doubt.lineage() == {
        "asked": True,
        "doubted": True,
        "likeliest": "b",
        "gap": 0.4,
        "near": ["n1", "n2"],
    }
