"""Responses as they travel: reasoning that came apart, tokens, JSON there and back."""

from __future__ import annotations

import json

import pytest

from evokd.dasd.alignment import Aligned, PlacedToken
from evokd.dasd.rows import ResponseRow, ScoredResponse, response_of, with_tokens
from evokd.dasd.scores import ResponseScores, Sentence
from evokd.dasd.spans import ByteSpan
from evokd.dasd.tokens import Unscorable
from evokd.teacher.reply import Reply, TokenLogprob


def tokens(*texts: str) -> tuple[TokenLogprob, ...]:
    return tuple(TokenLogprob(text, -0.25, ()) for text in texts)


def spelt(text: str, found: Aligned | Unscorable) -> list[str]:
    assert isinstance(found, Aligned)
    data = text.encode()
    return [data[one.start : one.end].decode() for one in found.tokens]


def test_a_plain_reply_is_its_text() -> None:
    text, found = response_of(Reply(" Yes. ", "stop", None, tokens(" Yes", ".", " ")))
    assert text == "Yes."
    assert spelt(text, found) == ["Yes", "."]


def test_reasoning_that_came_apart_stands_in_tags_that_have_no_tokens() -> None:
    stream = tokens("So", " é", ".", "The", " answer")
    text, found = response_of(Reply("The answer", "stop", None, stream, "So é."))
    assert text == "<think>So é.</think>\nThe answer"
    assert spelt(text, found) == ["So", " é", ".", "The", " answer"]


def test_reasoning_whose_tokens_are_not_told_is_not_scored() -> None:
    text, found = response_of(Reply("Yes", "stop", None, tokens("Yes"), "So."))
    assert text.endswith("Yes")
    assert isinstance(found, Unscorable)


@pytest.mark.parametrize("reasoning", ["", "It thought and said nothing."])
def test_a_reply_without_text_is_empty_whatever_was_thought(reasoning: str) -> None:
    assert response_of(Reply(" ", "stop", None, tokens("x"), reasoning))[0] == ""


def test_without_log_probabilities_the_reason_is_kept() -> None:
    row = with_tokens(bare(), response_of(Reply("Yes", "stop", None))[1])
    assert row.tokens is None
    assert "no log-probabilities" in row.unscorable


def bare() -> ResponseRow:
    return ResponseRow("r001-q-s0", "q", "T=0.3", "Yes.", "stop", "A", True, ("call",))


def test_rows_come_back_from_json_as_they_were() -> None:
    placed = (PlacedToken(0, 3, -0.5), PlacedToken(3, 4, -0.125, partial=True))
    for row in (bare(), with_tokens(bare(), Aligned(placed, 1, 2))):
        assert ResponseRow.from_json(json.loads(json.dumps(row.to_json()))) == row


@pytest.mark.parametrize(
    "scored", [None, ResponseScores((Sentence(ByteSpan(0, 4), -1.0, 2, -2.0, 3),), 1, 2, 3)]
)
def test_judgements_come_back_from_json_as_they_were(scored: ResponseScores | None) -> None:
    one = ScoredResponse("r", "q", "T=0.3", 7, 1.5, None, "sha", scored, "" if scored else "why")
    assert ScoredResponse.from_json(json.loads(json.dumps(one.to_json()))) == one
    assert one.candidate.id == "r" and one.candidate.scored == scored
