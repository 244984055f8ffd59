from __future__ import annotations

import pytest

from evokd.ledger.reasons import LONG, NONE, kind_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP 429: limit of 20 reached, try in 1.4s", "HTTP 429: limit of 60 reached, try in 2s"),
        ("no class 'billing' here", "no class 'delivery' here"),
        ("expected a list of 4 texts (got 3)", "expected a list of 8 texts (got none, twice)"),
        ("request req-0a1b2c3d4e5f timed out", "request req-99aa88bb77cc timed out"),
        ("two\n  lines", "two lines"),
        (None, " "),
    ],
)
def test_what_differs_by_chance_is_one_kind(one: str | None, other: str | None) -> None:
    assert kind_of(one) == kind_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP 429: slow down", "HTTP 500: slow down"),
        ("the reply holds no JSON object", "the analysis is empty"),
        (None, "the analysis is empty"),
    ],
)
def test_what_differs_in_kind_stays_apart(one: str | None, other: str | None) -> None:
    assert kind_of(one) != kind_of(other)


def test_a_kind_is_short_stable_and_never_empty() -> None:
    long = kind_of("word " * 200)
    assert len(long) <= LONG and long.endswith("…")
    assert kind_of("HTTP 401: bad key") == "HTTP 401: bad key", (
        "the status is no number among others"
    )
    assert kind_of("") == kind_of(None) == NONE
    assert kind_of("   (odd)") == "(odd)"
