"""The embedded student on invented rows: slow, real weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import pipeline

from evokd.config import LoraConfig, StudentConfig
from evokd.tasks.example import Example
from student.encoder.encoder import Encoder
from student.runtime import quiet_loading
from tests.student.tiny import LABELS

OBJECTS = ("kettle", "lamp", "backpack", "headset", "blender", "tent", "jacket")
PRAISE = (
    "The {} is wonderful, I would buy it again tomorrow.",
    "So pleased with this {}: it does all it promised.",
    "My {} still looks new after a year, what a joy.",
)
BLAME = (
    "The {} broke within a week and nobody answers my mails.",
    "I regret this {}, a waste of money.",
    "My {} arrived scratched and smells terrible.",
)
UNSEEN = {
    "Best purchase of the year, everybody in the family loves it.": "positive",
    "Comfortable, light and surprisingly quiet.": "positive",
    "It stopped working after two days. Avoid.": "negative",
    "Poor quality, I sent it straight back for a refund.": "negative",
}


def invented() -> list[Example]:
    """42 rows, half of each class."""
    return [
        Example(f"{label}-{i}-{thing}", sentence.format(thing), label)
        for label, sentences in (("positive", PRAISE), ("negative", BLAME))
        for i, sentence in enumerate(sentences)
        for thing in OBJECTS
    ]


@pytest.mark.slow
@pytest.mark.parametrize("lora", [None, LoraConfig()], ids=["full", "lora"])
def test_two_classes_from_42_rows(lora: LoraConfig | None, tmp_path: Path) -> None:
    config = StudentConfig(lora=lora, lr=1e-4 if lora is None else 2e-3)
    encoder = Encoder.create(config, LABELS, seed=1)
    rows = invented()
    encoder.fit(rows, seed=1, epochs=4)
    verdicts = encoder.predict([row.text for row in rows])
    right = sum(v.label == row.label for v, row in zip(verdicts, rows, strict=True))
    assert right >= 40
    unseen = [verdict.label for verdict in encoder.predict(list(UNSEEN))]
    assert sum(a == b for a, b in zip(unseen, UNSEEN.values(), strict=True)) >= 3

    encoder.save(tmp_path / "student")
    with quiet_loading():
        classify: Any = pipeline("text-classification", str(tmp_path / "student"), device="cpu")
    assert [answer["label"] for answer in classify(list(UNSEEN))] == unseen
