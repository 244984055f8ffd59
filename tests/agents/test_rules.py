from __future__ import annotations

import pytest

from agents.records import Candidate, Draft
from agents.rules import judge
from prompts.pack import CriticStyle

STYLE = CriticStyle(kind="rules", max_tokens=1, trust_intention=0.7)


def candidate(
    text: str = "The lid cracked after a week.",
    label: str = "negative",
    intended: str | None = "negative",
    probability: float | None = 0.9,
) -> Candidate:
    draft = Draft("r001-h001", 1, "hard", text, intended, "call", ())
    return Candidate(draft, label, probability, 1.0, ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Bad", "too short"),
        ("word " * 130, "too long"),
        ("As an AI language model I have no opinion on lids.", "the model talks about its task"),
        ("Here is a negative product review: it broke.", "the model talks about its task"),
        ("good good good good good good good good good good good good", "repeats itself"),
    ],
)
def test_texts_that_are_no_rows(text: str, reason: str) -> None:
    verdict = judge(STYLE, candidate(text))
    assert (verdict.action, verdict.reason) == ("reject", reason)


@pytest.mark.parametrize("text", ["Works.  Really well.", "这个灯很好用，推荐", "not bad at all"])
def test_texts_that_are_rows(text: str) -> None:
    assert judge(STYLE, candidate(text)).action == "accept"


def test_the_intention_stands_against_an_unsure_vote() -> None:
    verdict = judge(STYLE, candidate(label="positive", probability=0.6))
    assert (verdict.action, verdict.label) == ("relabel", "negative")


def test_without_an_intention_the_vote_decides() -> None:
    assert judge(STYLE, candidate(intended=None, probability=0.51)).label == "negative"
