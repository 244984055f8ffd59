"""Answers of several heads in replies: heads and names as models write them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents.formats.multi import MultiFormat
from evokd.teacher.faults import Unusable

PLAIN = MultiFormat(("topic: sports", "topic: news", "mood: good", "mood: bad"))
ALIKE = MultiFormat(("Topic: US", "Topic: us", "topic: Per", "topic: PER"))


@pytest.mark.parametrize(
    ("data", "meant"),
    [
        ({"topic": "sports", "mood": "bad"}, {"topic": "sports", "mood": "bad"}),
        ({"Topic ": "SPORTS", "MOOD": " bad"}, {"topic": "sports", "mood": "bad"}),
        ({"topic": "news", "TOPIC": "sports", "mood": "bad"}, {"topic": "news", "mood": "bad"}),
        ({"topic": "news", "mood": "bad", "why": "so"}, {"topic": "news", "mood": "bad"}),
    ],
)
def test_heads_and_names_in_any_case(data: dict[str, Any], meant: dict[str, str]) -> None:
    assert json.loads(PLAIN.label(data, "any text")) == meant


def test_heads_that_differ_in_case_keep_to_their_own() -> None:
    found = ALIKE.label({"topic": "PER", "Topic": "us"}, "any text")
    assert json.loads(found) == {"Topic": "us", "topic": "PER"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"TOPIC": "us", "topic": "PER"}, "'TOPIC' may be 'Topic' or 'topic'"),
        ({"Topic": "Us", "topic": "PER"}, "'Us' may be 'US' or 'us'"),
        ({"Topic": "us"}, "no label of 'topic'"),
        (["us", "PER"], "no label of 'Topic'"),
    ],
)
def test_what_can_not_be_told(data: Any, said: str) -> None:
    with pytest.raises(Unusable, match=said):
        ALIKE.label(data, "any text")
