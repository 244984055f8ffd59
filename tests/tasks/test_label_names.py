from __future__ import annotations

import pytest

from evokd.tasks.label_names import find_label

LABELS = ("negative", "positive", "fast_food", "fast")
CHINESE = ("体育", "科技")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It praises the lamp, so it is not negative. The answer is positive.", "positive"),
        ("The answer is **Positive**", "positive"),
        ('It burns. The answer is: the class "negative".', "negative"),
        ("The answer is fast food.", "fast_food"),
        ("The answer is fast.", "fast"),
        ("Answer: negative", "negative"),
        ("It breaks.\nLabel: negative", "negative"),
        ("negative.", "negative"),
        ("La réponse est « positive ».", "positive"),
        ("The answer is positive. No: the answer is negative.", "negative"),
        ("<think>The answer is positive.</think>\nThe answer is negative.", "negative"),
        ("This is positive, I think, and no more.", None),
        ("The answer is positive or negative.", None),
        ("The answer is positively unknown.", None),
        ("The answer is sideways.", None),
        ("", None),
    ],
)
def test_the_label_that_is_stated(text: str, expected: str | None) -> None:
    found = find_label(text, LABELS)
    assert (found and found.value) == expected
    if found is not None:
        stated = text[found.start : found.end].lower().replace(" ", "_")
        assert stated == expected


def test_labels_in_a_script_without_spaces() -> None:
    found = find_label("说的是一场比赛，不是科技。答案是体育。", CHINESE)
    assert found is not None and found.value == "体育"
