from __future__ import annotations

import json
from typing import Any

import pytest

from evokd.config import DataConfig
from evokd.runs.typed import Typed
from evokd.serving.asked import read_asked
from evokd.serving.limits import Limits
from evokd.serving.refusal import Refusal

PLAIN = Typed("classification")
LIMITS = Limits(max_texts=3, max_characters=50)
PAIR = {"premise": "the lid", "hypothesis": "is great"}
ITEM = {"question": "which is it?", "choices": {"A": "the lid", "B": "great"}}


def read(document: Any, typed: Typed = PLAIN) -> Any:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_asked(body, typed, LIMITS)


def test_one_text_and_several() -> None:
    one = read({"text": "a lid"})
    assert (one.texts, one.single, one.probabilities, one.abstain_below) == (
        ("a lid",), True, False, None,
    )  # fmt: skip
    many = read({"texts": ["a", "b"], "probabilities": True, "abstain_below": 1})
    assert (many.texts, many.single, many.probabilities, many.abstain_below) == (
        ("a", "b"), False, True, 1.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "value", "text"),
    [
        (PLAIN, {"text": "a lid", "label": "x"}, "a lid"),
        (PLAIN, '{"text": "a lid"}', "a lid"),
        (PLAIN, "{sic} a lid", "{sic} a lid"),
        (Typed("classification", DataConfig(text="review")), {"review": "a lid"}, "a lid"),
        (Typed("pair"), PAIR, "the lid\nis great"),
        (Typed("pair"), "the lid\nis great", "the lid\nis great"),
        (Typed("choice"), ITEM, "which is it?\nA. the lid\nB. great"),
        (Typed("ner"), {"tokens": ["Jack", "left"]}, "Jack left"),
    ],
)
def test_rows_as_predict_takes_them(typed: Typed, value: Any, text: str) -> None:
    assert read({"text": value}, typed).texts == (text,)
    assert read({"texts": [value, value]}, typed).texts == (text, text)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "not valid JSON"),
        (b"{", 400, "not valid JSON"),
        (b"\xff\xfe", 400, "not valid JSON"),
        (b"[" * 100_000, 400, "nested too deeply"),
        (b"[1]", 400, "expected a JSON object"),
        ({}, 400, "one of `text`"),
        ({"text": "a", "texts": ["b"]}, 400, "one of `text`"),
        ({"text": "a", "Probabilities": True}, 400, "unknown 'Probabilities'"),
        ({"texts": []}, 400, "at least one"),
        ({"texts": "a"}, 400, "at least one"),
        ({"texts": ["a", "b", "c", "d"]}, 413, "at most 3 a request, found 4"),
        ({"texts": ["a", " "]}, 400, "texts[1]: expected a text, found an empty one"),
        ({"texts": ["a", 5]}, 400, "texts[1]: expected a text, or a row"),
        ({"text": None}, 400, "text: expected a text, or a row"),
        ({"text": {"review": "a"}}, 400, "'text' of the row, found 'review'"),
        ({"text": "a" * 51}, 413, "text: at most 50 characters"),
        ({"text": {"text": "a" * 51}}, 413, "text: at most 50 characters"),
        ({"text": "a" * 101}, 413, "text: at most 50 characters"),
        (b'{"text": "\\ud83d"}', 400, "half a character"),
        (b'{"\\ud83d": 1}', 400, r"unknown '\ud83d'"),
        (b'{"text": {"\\ud83d": 1}}', 400, r"found '\ud83d'"),
        ({"text": "a", "probabilities": 1}, 400, "true or false"),
        ({"text": "a", "abstain_below": 0}, 400, "above 0"),
        ({"text": "a", "abstain_below": True}, 400, "above 0"),
        ({"text": "a", "abstain_below": "0.5"}, 400, "above 0"),
        (b'{"text": "a", "abstain_below": NaN}', 400, "above 0"),
        (b'{"text": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}", 400, "deeply"),
        (b'{"text": 1' + b"0" * 5000 + b"}", 400, "not valid JSON"),
    ],
)
def test_refusals(body: Any, status: int, said: str) -> None:
    with pytest.raises(Refusal) as found:
        read(body)
    assert found.value.status == status and said in str(found.value)
    assert found.value.response().body  # whatever a message quotes has a form in UTF-8


def test_a_pair_that_is_none_names_itself() -> None:
    with pytest.raises(Refusal, match=r"texts\[1\]: expected \{"):
        read({"texts": [PAIR, {"premise": "alone"}]}, Typed("pair"))


def test_probabilities_of_a_kind_without_them() -> None:
    with pytest.raises(Refusal, match="kind ner has no one distribution"):
        read({"text": "Jack left", "probabilities": True}, Typed("ner"))
