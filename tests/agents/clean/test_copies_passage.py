from __future__ import annotations

import pytest

from agents.clean.echo import copies_passage

PASSAGE = (
    "The kettle came on Tuesday with a cracked lid, and nobody at the shop answered my letters."
)


@pytest.mark.parametrize(
    "text",
    [
        PASSAGE,
        PASSAGE.upper(),
        PASSAGE.replace("Tuesday", "Monday"),
        "with a cracked lid, and nobody at the shop answered my letters",
    ],
)
def test_a_passage_a_word_of_it_changed_or_a_piece_of_it_is_a_copy(text: str) -> None:
    assert copies_passage(text, PASSAGE)


@pytest.mark.parametrize(
    "text",
    [
        "Delivered in two days, the kettle is spotless and the shop wrote to ask if I was happy.",
        "A lid that fits, and people at the shop who answer: I would buy this kettle again.",
    ],
)
def test_its_subject_in_other_words_is_none(text: str) -> None:
    assert not copies_passage(text, PASSAGE)
