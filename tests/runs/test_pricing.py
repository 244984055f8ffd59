from __future__ import annotations

import pytest

from evokd.config import Endpoint, Price
from evokd.runs.pricing import cost, cost_of_all, endpoints_of, in_words, teachers_of

PRICE = {"prompt": 1.0, "completion": 2.0}
HERE = Endpoint(model="qwen", base_url="http://127.0.0.1:11434/v1")
THERE = Endpoint(model="gpt")
EMBEDDED = Endpoint(embedded="smollm2-135m")


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        (HERE, True),
        (EMBEDDED, True),
        (Endpoint(scripted=True), True),
        (Endpoint(model="m", base_url="http://[::1]:8000/v1"), True),
        (Endpoint(model="m", base_url="http://localhost/v1"), True),
        (Endpoint(model="m", base_url="https://localhost.example.org/v1"), False),
        (THERE, False),
        (HERE.model_copy(update={"price": Price(**PRICE)}), False),  # somebody does send a bill
    ],
)
def test_local_is_what_runs_here_without_a_price(endpoint: Endpoint, local: bool) -> None:
    assert endpoint.local is local


def test_unknown_is_never_nothing() -> None:
    assert cost(0.25, [THERE]) == "0.2500"
    assert cost(None, [HERE, EMBEDDED]) == "local"
    assert cost(None, [HERE, THERE]) == "unknown"
    assert cost(None, []) == "unknown"


def test_local_parts_add_nothing_to_priced_ones() -> None:
    assert cost_of_all(None, [(0.25, "0.2500"), (None, "local"), (0.5, "0.5000")]) == "0.7500"
    assert cost_of_all(None, [(0.25, "0.2500"), (None, "unknown")]) == "unknown"
    assert cost_of_all(None, [(None, "local")]) == "local"
    assert cost_of_all(None, []) == "unknown"
    assert [in_words(said) for said in ("local", "0.7500")] == ["local", "USD 0.7500"]


def test_who_was_asked_for_a_row_of_the_books() -> None:
    teachers = teachers_of(
        {"teachers": {"default": {"model": "gpt"}, "labeler": [{"scripted": True}, {"model": "x"}]}}
    )
    asked = endpoints_of(teachers, {"source": "analyst", "target": "labeler"})
    assert [one.title for one in asked] == ["scripted", "x"]
    (first,) = endpoints_of(teachers, {"agent": "labeler", "voter": 0, "model": "scripted"})
    assert first.scripted
    assert [one.title for one in endpoints_of(teachers, {"model": "x"})] == ["x"]
    assert {one.title for one in endpoints_of(teachers, {"round": 1})} == {"gpt", "scripted", "x"}
    assert endpoints_of(teachers, {"source": "a", "target": "trainer"}) == ()
    assert teachers_of({"teachers": {"of_a_later_version": 1}}) is None
    assert endpoints_of(None, {"target": "labeler"}) == ()
