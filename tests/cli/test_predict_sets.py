"""`evokd predict` on a student that decides on each label; its rows as a data set of lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evokd.cli.predict import answer
from evokd.config import StudentConfig
from evokd.store.dataset import write_dataset
from evokd.store.dataset_card import DatasetCard
from student.encoder.encoder import Encoder
from tests.student.tiny import save_base

LABELS = ("lid", "kettle", "lamp")


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets")
    config = StudentConfig(model=str(save_base(folder / "base")), max_length=32, threads=1)
    made = Encoder.create(config, LABELS, 1, "multilabel")
    made.thresholds = (0.01, 0.99, 0.01)
    made.save(folder / "student")
    return folder / "student"


def test_a_label_is_a_list_by_the_fitted_thresholds(
    student: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(student, ["the lid"], probabilities=True)
    line = json.loads(capsys.readouterr().out)
    assert line["label"] == ["lid", "lamp"]
    assert list(line["probabilities"]) == list(LABELS)
    assert all(0.2 < p < 0.5 for p in line["probabilities"].values())  # no sum of 1
    assert 0 < line["confidence"] < 0.5 and 0 < line["margin"] < 1


def test_it_abstains_by_the_probability_of_the_whole_set(
    student: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(student, ["the lid"], abstain_below=0.9)
    line = json.loads(capsys.readouterr().out)
    assert (line["label"], line["abstained"], line["likeliest"]) == (None, True, ["lid", "lamp"])


def test_exported_rows_hold_lists(tmp_path: Path) -> None:
    from datasets.load import load_dataset

    rows: list[dict[str, Any]] = [
        {"row": "a", "text": "x", "label": '["lid","lamp"]', "intended_label": '["lid"]'},
        {"row": "b", "text": "y", "label": "[]", "intended_label": None},
    ]
    card = DatasetCard("n", "r", "evokd", "multilabel", "en", "text", dict.fromkeys(LABELS, ""), {})
    folder = tmp_path / "rows"
    folder.mkdir()
    write_dataset(folder, rows, card)
    found = load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))
    assert found["label"][:] == [["lid", "lamp"], []]
    assert found["intended_label"][:] == [["lid"], None]
