from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.dasd.spans import split_sentences

TEXTS = st.text(
    st.sampled_from('ab AB1.!?…。！ \n\t"”)<think>/<|x|>-*:=É中😀\u0301\u3000'), max_size=40
)


def sentences(text: str) -> list[str]:
    data = text.encode()
    return [
        data[span.start : span.end].decode() + ("" if span.scored else "#")
        for span in split_sentences(text)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two!  Three?", ["One. ", "Two!  ", "Three?"]),
        ("No end", ["No end"]),
        ("A line\nanother", ["A line\n", "another"]),
        ("A paragraph.\n\nAnother.", ["A paragraph.\n\n", "Another."]),
        ("  In front. Behind.  ", ["  In front. ", "Behind.  "]),
        ("1. Take it. \n2. Go.", ["1. Take it. \n", "2. Go."]),
        ("1.\nTake it.\n2.\nGo.", ["1.\nTake it.\n", "2.\nGo."]),
        ("1) Take it.\n- Go.\n* **Stop.**", ["1) Take it.\n", "- Go.\n", "* **Stop.**"]),
        ("A. bank\nB. dog", ["A. bank\n", "B. dog"]),
        ("Step 1. Look. Step 2. Go.", ["Step 1. Look. ", "Step 2. Go."]),
        ("Do this: 1. Take it. Then go.", ["Do this: 1. Take it. ", "Then go."]),
        ("It was 42. Then 43.", ["It was 42. ", "Then 43."]),
        ("It was 3.5. It cost $4.50. Fine.", ["It was 3.5. ", "It cost $4.50. ", "Fine."]),
        ("The answer is C. So be it.", ["The answer is C. ", "So be it."]),
        ("J. R. Smith came. He left.", ["J. R. Smith came. ", "He left."]),
        ("Dr. Who, e.g. now, vs. then. Ok.", ["Dr. Who, e.g. now, vs. then. ", "Ok."]),
        (
            "Eggs, milk etc. are here. Etc. He left.",
            ["Eggs, milk etc. are here. ", "Etc. ", "He left."],
        ),
        (
            "At 5 p.m. she slept. At 6 p.m. He left.",
            ["At 5 p.m. she slept. ", "At 6 p.m. ", "He left."],
        ),
        ("No. 5 lives. No. He left.", ["No. 5 lives. ", "No. ", "He left."]),
        ("Well... then. Hm… what? Oh... No.", ["Well... then. ", "Hm… what? ", "Oh... ", "No."]),
        ('"Stop!" he said. "Go!" She went.', ['"Stop!" he said. ', '"Go!" ', "She went."]),
        ("(Really?) Yes. **Bold.** End.", ["(Really?) ", "Yes. ", "**Bold.** ", "End."]),
        ("5! = 120. What?! No.", ["5! = 120. ", "What?! ", "No."]),
        ("See v1.2 at x.org/a.b. End.", ["See v1.2 at x.org/a.b. ", "End."]),
        ("你好。世界！“真的？”对", ["你好。", "世界！", "“真的？”", "对"]),
        ("你好。\u3000世界。\n再见", ["你好。\u3000", "世界。\n", "再见"]),
        ("नमस्ते। आप?", ["नमस्ते। ", "आप?"]),
        ("مرحبا؟ نعم.", ["مرحبا؟ ", "نعم."]),
        ("Yes 😀. 😀\n😀", ["Yes 😀. ", "😀\n", "😀"]),
        ("Yes.\n---\nNo.\n***", ["Yes.\n---\n", "No.\n***"]),
        ("---\nYes.", ["---\nYes."]),
        ("---", ["---"]),
        ("   ", ["   "]),
        ("", []),
        (
            "<think>\nSo. Yes.\n</think>\n\nA.",
            ["<think>\n#", "So. ", "Yes.\n", "</think>\n\n#", "A."],
        ),
        (" <think>a</think>", [" <think>#", "a", "</think>#"]),
        ("a <answer>B</answer>.", ["a ", "<answer>#", "B", "</answer>#", "."]),
        ("<|channel|>final<|message|>A.", ["<|channel|>#", "final", "<|message|>#", "A."]),
        ("if x<y>z. Then <b>bold</b>.", ["if x<y>z. ", "Then <b>bold</b>."]),
        ("Hi.\r\nGo.\tOn.", ["Hi.\r\n", "Go.\t", "On."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(st.text(max_size=60) | TEXTS)
def test_spans_partition_the_response(text: str) -> None:
    data, at = text.encode(), 0
    for span in split_sentences(text):
        assert span.start == at < span.end
        data[span.start : span.end].decode()  # no character is cut
        at = span.end
    assert at == len(data)


@given(st.text(max_size=60) | TEXTS)
def test_white_space_is_owned_by_what_stands_before_it(text: str) -> None:
    for span in split_sentences(text)[1:]:
        assert not text.encode()[span.start : span.end].decode()[0].isspace()


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        " " * 20_000,
        "." * 20_000 + "a",
        "*" * 20_000,
        "\n" * 20_000 + "a",
        "A. " * 7_000,
        "1. " * 7_000,
        "a" * 20_000 + ".",
        ".)" * 10_000,
        "e.g. " * 4_000,
        "<think" * 4_000,
    ],
    ids=range(10),
)
def test_no_text_takes_long(text: str) -> None:
    assert split_sentences(text)
