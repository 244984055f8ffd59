from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.teacher.request import Message
from evokd.teacher.tokens import PromptEstimator, count, count_messages

CHAT = (Message("system", "You label texts."), Message("user", "It broke on the first day."))


@given(st.text(max_size=300))
def test_any_text_has_a_count(text: str) -> None:
    assert 0 <= count(text) <= 4 * len(text) + 1


def test_an_estimate_learns_the_largest_shortfall_of_its_template() -> None:
    estimator = PromptEstimator()
    bare = count_messages(CHAT)
    estimator.learn("a", CHAT, bare + 20)
    estimator.learn("a", CHAT, bare + 5)
    assert estimator.estimate("a", CHAT) == bare + 20


def test_a_template_not_seen_yet_takes_the_worst_of_the_others() -> None:
    estimator = PromptEstimator()
    estimator.learn("a", CHAT, count_messages(CHAT) + 20)
    assert estimator.estimate("b", CHAT) == count_messages(CHAT) + 20


def test_a_template_that_was_overcounted_is_counted_lower_and_no_other() -> None:
    estimator = PromptEstimator()
    estimator.learn("a", CHAT, count_messages(CHAT) - 5)
    assert estimator.estimate("a", CHAT) == count_messages(CHAT) - 5
    assert estimator.estimate("b", CHAT) == count_messages(CHAT)


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0.3, 3)), min_size=1, max_size=8))
def test_no_prompt_that_was_reported_is_estimated_lower(seen: list[tuple[int, float]]) -> None:
    estimator = PromptEstimator()
    chats = [((Message("user", "word " * words),), factor) for words, factor in seen]
    reported = [round(count_messages(chat) * factor) for chat, factor in chats]
    for (chat, _), tokens in zip(chats, reported, strict=True):
        estimator.learn("a", chat, tokens)
    for (chat, _), tokens in zip(chats, reported, strict=True):
        assert estimator.estimate("a", chat) >= tokens


def test_how_long_replies_are_is_foretold_from_a_few_and_never_above_what_is_asked() -> None:
    estimator = PromptEstimator()
    assert estimator.longest("a") is None
    estimator.learn_length("a", 0.2)
    estimator.learn_length("a", 0.1)
    assert estimator.longest("a") == pytest.approx(0.3)
    for _ in range(8):
        estimator.learn_length("a", 0.2)
    assert estimator.longest("a") == pytest.approx(0.25)
    estimator.learn_length("a", 0.9)
    assert estimator.longest("a") == 1.0
