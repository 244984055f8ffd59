"""What trackers are told: names that all of them take, numbers alone, no key and no text."""

from __future__ import annotations

import re
from typing import Any

import pytest

from evokd.config import Config
from evokd.runs.totals import Spending
from evokd.tracking.values import Spent, config_values, round_values

TASK = {"labels": {"a b": "x", "c": "y"}, "data": {"train": "t", "test": "u"}}


def config(**about: Any) -> Config:
    return Config.model_validate({"task": TASK, **about})


def test_names_are_plain_and_values_numbers() -> None:
    line = {
        "round": 1, "billed_tokens": 7, "accepted": 2, "rejected": None, "hard_error": 0.5,
        "dev": None, "test": {"macro_f1": 0.25, "Thema é.f1": 1, "odd": float("nan")},
    }  # fmt: skip
    spent = Spent({("my node", "labeler"): 7})
    assert round_values(line, spent) == {
        "tokens/billed": 7, "rows/accepted": 2, "error/hard": 0.5, "test/macro_f1": 0.25,
        "test/Thema_.f1": 1, "tokens/my_node-to-labeler": 7,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("prices", "expected"),
    [([], None), ([0.25, 0.5], 0.75), ([0.25, None], None), ([None, 0.25], None), ([0.0], 0.0)],
)
def test_an_unknown_price_gives_no_cost(prices: list[float | None], expected: object) -> None:
    spent = Spent()
    for usd in prices:
        spent.add(("a", "b"), Spending(3, usd))
    assert spent.usd == expected and spent.tokens.get(("a", "b"), 0) == 3 * len(prices)


def test_a_config_is_flat_and_holds_no_query() -> None:
    made = config(
        teachers={"default": {"model": "m", "base_url": "http://h/v1?api-version=7",
                              "api_key_env": "MY_KEY"}},
        track=["mlflow"],
    )  # fmt: skip
    found = config_values(made)
    assert found["teachers.default.0.base_url"] == "http://h/v1"
    assert found["teachers.default.0.api_key_env"] == "MY_KEY"
    assert found["task.labels.a_b"] == "x" and found["budget.tokens"] == 40_000
    assert all(re.fullmatch(r"[A-Za-z0-9_./-]+", key) for key in found)
    assert all(value is not None for value in found.values())
    assert not any(key.startswith("track") for key in found)


def test_long_values_are_cut() -> None:
    made = config(teachers={"default": {"scripted": True, "directive": "x" * 9000}})
    assert len(str(config_values(made)["teachers.default.0.directive"])) == 2000
