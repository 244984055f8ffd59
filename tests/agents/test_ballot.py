from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.ballot import KnownTexts, calibrated, hold_ballot, majority
from agents.records import Draft, Vote
from evokd.tasks.text import normalise

LABELS = ("negative", "positive")


def draft(row: str, text: str) -> Draft:
    return Draft(row, 1, "hard", text, None, "call", ())


def vote(row: str, label: str | None, voter: int = 0, **more: Any) -> Vote:
    return Vote(row, voter, label, more.get("logprobs"), "call", more.get("reason"))


def run(drafts: list[Draft], votes: list[Vote], **more: Any) -> Any:
    options = {"off_limits": (), "calibrate": False, **more}
    options["known"] = KnownTexts(more.get("known", ()))
    return hold_ballot(drafts, votes, LABELS, **options)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["positive"], "positive"),
        (["positive", "negative"], None),
        (["positive", "negative", "positive"], "positive"),
        ([None, "negative"], "negative"),
        ([None], None),
        ([], None),
        (["a", "b", "c"], None),
        (["a", "a", "b", "b", "c"], None),
    ],
)
def test_majority(labels: list[str | None], expected: str | None) -> None:
    assert majority([vote("r", label, voter) for voter, label in enumerate(labels)]) == expected


def test_a_tied_vote_rejects_the_row() -> None:
    result = run([draft("a", "works well")], [vote("a", "positive"), vote("a", "negative", 1)])
    assert [v.reason for v in result.rejected] == ["tied vote"]


def test_disagreement_is_kept() -> None:
    votes = [vote("a", "positive"), vote("a", "negative", 1), vote("a", "positive", 2)]
    (candidate,) = run([draft("a", "works well")], votes).candidates
    assert candidate.agreement == pytest.approx(2 / 3)
    assert len(candidate.votes) == 3


def test_held_out_known_empty_and_twin_texts_are_rejected() -> None:
    texts = {
        "a": "The lid cracked!",
        "b": "I love this lamp very much indeed and so does my cat",
        "c": "",
        "d": "A fine and sturdy little table for the hall",
        "e": "A fine and sturdy little table for the hall.",
    }
    result = run(
        [draft(row, text) for row, text in texts.items()],
        [vote(row, "positive") for row in texts],
        known=[("I LOVE this lamp very much indeed, and so does my dog", "positive")],
        off_limits={normalise("the lid cracked")},
    )
    assert [c.draft.row for c in result.candidates] == ["d"]
    assert {v.row: v.reason for v in result.rejected} == {
        "a": "equals a held-out row",
        "b": "near-duplicate",
        "c": "empty",
        "e": "duplicate",
    }


def test_contrast_is_no_repetition() -> None:
    texts = {
        "a": "The lamp works in my hall and it has done so for a year now, well",
        "b": "The lamp works in my hall and it has done so for a year now, ill",
    }
    drafts = [draft(row, text) for row, text in texts.items()]
    assert len(run(drafts, [vote("a", "positive"), vote("b", "negative")]).candidates) == 2
    assert len(run(drafts, [vote("a", "positive"), vote("b", "positive")]).candidates) == 1


def test_an_unlabelled_row_says_why() -> None:
    result = run([draft("a", "works")], [vote("a", None, reason="budget")])
    assert result.rejected[0].reason == "unlabelled: budget"


def test_calibration_takes_a_constant_bias_out() -> None:
    true = ["positive", "negative"] * 6
    votes = []
    for number, label in enumerate(true):
        margin = 1.0 if label == "positive" else -1.0
        biased = margin + 3.0  # the labeler says positive, whatever it reads
        total = math.log(1 + math.exp(-biased))
        scores = {"positive": -total, "negative": -biased - total}
        votes.append(vote(str(number), "positive", logprobs=scores))
    assert [v.label for v in calibrated(votes, LABELS)] == true


def test_a_small_batch_is_left_alone() -> None:
    votes = [vote("a", "positive", logprobs={"positive": -0.1, "negative": -2.3})]
    assert calibrated(votes, LABELS) == votes


@given(
    st.lists(
        st.tuples(st.text(max_size=30), st.lists(st.sampled_from([*LABELS, None]), max_size=3)),
        max_size=12,
    )
)
def test_every_draft_ends_up_once(rows: list[tuple[str, list[str | None]]]) -> None:
    drafts = [draft(f"r{n:02d}", text) for n, (text, _) in enumerate(rows)]
    votes = [
        vote(f"r{n:02d}", label, voter)
        for n, (_, labels) in enumerate(rows)
        for voter, label in enumerate(labels)
    ]
    result = run(drafts, votes)
    ended = [c.draft.row for c in result.candidates] + [v.row for v in result.rejected]
    assert sorted(ended) == [d.row for d in drafts]


TEXTS = st.lists(
    st.tuples(
        st.sampled_from(["the lid is loose", "The lid is loose!", "a fine lamp", "so what"]),
        st.sampled_from(LABELS),
    ),
    max_size=6,
)


@given(TEXTS, TEXTS, TEXTS)
def test_data_known_from_earlier_rounds_count_as_those_of_this_one(
    first: list[tuple[str, str]], second: list[tuple[str, str]], written: list[tuple[str, str]]
) -> None:
    drafts = [draft(f"r{i}", text) for i, (text, _) in enumerate(written)]
    votes = [vote(f"r{i}", label) for i, (_, label) in enumerate(written)]
    at_once = run(drafts, votes, known=[*first, *second])
    grown = KnownTexts(first)
    for text, label in second:
        grown.add(text, label)
    for known, also in ((KnownTexts(first), second), (grown, ())):
        for _ in range(2):  # counting leaves what is known as it was
            assert (
                hold_ballot(
                    drafts, votes, LABELS, known=known, also=also, off_limits=(), calibrate=False
                )
                == at_once
            )


def test_a_fault_of_the_kind_rejects_after_the_vote() -> None:
    seen: list[tuple[str, str]] = []

    def fault(text: str, label: str) -> str | None:
        seen.append((text, label))
        return "no good" if "lid" in text else None

    drafts = [draft("a", "the lid is off"), draft("b", "works well"), draft("c", "unlabelled lid")]
    result = run(drafts, [vote("a", "positive"), vote("b", "negative")], fault=fault)
    assert [row.draft.row for row in result.candidates] == ["b"]
    assert [(v.row, v.reason) for v in result.rejected] == [("a", "no good"), ("c", "unlabelled")]
    assert seen == [("the lid is off", "positive"), ("works well", "negative")]
