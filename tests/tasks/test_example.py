import dataclasses
import json

import pytest

from evokd.tasks.example import Example


def test_json_round_trip() -> None:
    row = Example("train-17", "很好 👍", "positive")
    assert Example.from_json(json.loads(json.dumps(row.to_json()))) == row
    assert Example.from_json({**row.to_json(), "kind": "hard"}) == row


def test_examples_are_values() -> None:
    row = Example("train-0", "a", "b")
    assert row == Example("train-0", "a", "b")
    assert len({row, Example("train-0", "a", "b")}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        row.label = "c"  # type: ignore[misc]
