"""How an export is held against its student: what is measured, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from evokd.config import RunError, StudentConfig, TaskKind
from evokd.tasks.example import Example
from student.encoder.encoder import Encoder
from student.export.onnx_network import Outputs
from student.export.parity import DIFFERING, Parity, compare, limit_of
from tests.student.tiny import LABELS


class Shifted:
    """Fake of an exported network: the student's logits, and something more where it is told."""

    def __init__(self, network: Any, shift: Any) -> None:
        self.network, self.shift = network, shift

    def __call__(self, **inputs: torch.Tensor) -> Outputs:
        logits = self.network(**inputs).logits.clone()
        self.shift(logits, inputs["attention_mask"])
        return Outputs(logits)


def accuracy(rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, float]:
    right = [row.label == label for row, label in zip(rows, predicted, strict=True)]
    return {"accuracy": sum(right) / len(right)}


def held(config: StudentConfig, rows: list[Example], shift: Any, kind: TaskKind) -> Parity:
    labels = LABELS if kind == "classification" else ("THING",)
    student = Encoder.create(config, labels, seed=1, kind=kind)
    student.temperature = 2.0
    other = Encoder.create(config, labels, seed=1, kind=kind)
    other.temperature = 2.0
    other._model = Shifted(other.network, shift)
    return compare(student, other, rows, accuracy, 0.0)


def test_equal_students(config: StudentConfig, rows: list[Example]) -> None:
    found = held(config, rows, lambda logits, mask: None, "classification")
    assert found.equal_answers == 1 and found.largest_logit_difference == 0
    assert found.student == found.exported and found.rows == len(rows)
    found.check("onnx", None, given=False)


def test_other_answers_are_counted_and_refused(config: StudentConfig, rows: list[Example]) -> None:
    def always_positive(logits: torch.Tensor, mask: torch.Tensor) -> None:
        logits[:, 1] += 50

    found = held(config, rows, always_positive, "classification")
    assert found.exported == {"accuracy": 0.5}
    assert found.largest_logit_difference == pytest.approx(50, abs=1e-3)  # not halved by T = 2
    same = Parity(20, 50, 0.9, {}, {}, 0.1)
    same.check("onnx", "int8", given=True)
    with pytest.raises(RunError, match=r"10\.0% of 20 test rows .* limit is 9\.0%.*--quantize"):
        Parity(20, 50, 0.9, {}, {}, 0.09).check("onnx", "int8", given=True)
    with pytest.raises(RunError, match="--format onnx --quantize int8"):
        Parity(20, 50, 0.7, {}, {}, 0.25).check("static", None, given=False)


def test_other_logits_are_refused_though_every_answer_is_the_same() -> None:
    far = Parity(20, 0.02, 1.0, {}, {}, 0.002)
    with pytest.raises(RunError, match=r"logits differ by up to 0\.02 .* limit is 0\.01"):
        far.check("onnx", None, given=False)
    far.check("onnx", None, given=True)  # somebody has said what they take
    far.check("onnx", "int8", given=False)


def test_what_a_network_says_of_padding_does_not_count(config: StudentConfig) -> None:
    rows = [Example("a", "the lid is very sturdy", "[]"), Example("b", "lid", "[]")]

    def spoil_padding(logits: torch.Tensor, mask: torch.Tensor) -> None:
        assert (mask == 0).any()
        logits[mask == 0] += 9

    found = held(config, rows, spoil_padding, "ner")
    assert found.largest_logit_difference == 0 and found.equal_answers == 1

    def spoil_all(logits: torch.Tensor, mask: torch.Tensor) -> None:
        logits[..., 0] += 9

    assert held(config, rows, spoil_all, "ner").largest_logit_difference == pytest.approx(9)


def test_limits_by_form() -> None:
    assert limit_of("onnx", None, None) < limit_of("onnx", "int8", None)
    assert (
        limit_of("onnx", "int8", None) < limit_of("static", None, None) == DIFFERING["static", None]
    )
    assert limit_of("onnx", None, 0.5) == 0.5
