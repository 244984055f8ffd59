from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.predictions import TestPredictions

ANSWERS = st.lists(st.text(max_size=5), min_size=1, max_size=6)


@given(gold=ANSWERS, data=st.data())
def test_there_and_back(gold: list[str], data: st.DataObject) -> None:
    said = data.draw(st.lists(st.text(max_size=5), min_size=len(gold), max_size=len(gold)))
    rows = [f"test-{n}" for n in range(len(gold))]
    made = TestPredictions.of("accuracy", rows, gold, {"final": gold}).beside("refit-1", said)
    again = TestPredictions.from_json(json.loads(json.dumps(made.to_json())))
    assert again == made
    assert again.words("final") == gold and again.words("refit-1") == said


def test_files(tmp_path: Path) -> None:
    file = tmp_path / "test_predictions.json"
    assert TestPredictions.read(file) is None
    made = TestPredictions.of("macro_f1", ["test-0"], ["a\ud800"], {"final": ["b"]})
    made.write(file)
    assert TestPredictions.read(file) == made
    file.write_text(file.read_text(encoding="utf-8")[:20], encoding="utf-8")
    assert TestPredictions.read(file) is None


@pytest.mark.parametrize(
    "change",
    [
        {"gold": [0, 1]},
        {"gold": [7]},
        {"predicted": {"final": []}},
        {"predicted": 3},
        {"rows": None},
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, object]) -> None:
    good = TestPredictions.of("macro_f1", ["test-0"], ["a"], {"final": ["b"]}).to_json()
    with pytest.raises(ValueError):
        TestPredictions.from_json(good | change)
