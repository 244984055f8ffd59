from __future__ import annotations

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


def test_an_estimate_never_falls_below_the_plain_count() -> None:
    estimator = PromptEstimator()
    estimator.learn("a", CHAT, 1)
    assert estimator.estimate("a", CHAT) == count_messages(CHAT)
