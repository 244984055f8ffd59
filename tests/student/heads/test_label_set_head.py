"""A head that decides on each label: binary cross-entropy, thresholds, what is learnt and saved."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch.nn.functional import binary_cross_entropy

from evokd.config import ConfigError, StudentConfig
from evokd.tasks.example import Example
from evokd.tasks.label_set_scores import set_scores
from evokd.tasks.label_sets import decode, encode
from student.encoder.encoded import Encoded
from student.encoder.encoder import Encoder
from student.heads.label_set import LabelSetHead
from tests.student.tiny import FILLER, save_base

LABELS = ("lid", "kettle", "lamp")


def answer(*names: str) -> str:
    return encode(names, LABELS)


def logits(*p: float) -> torch.Tensor:
    return torch.logit(torch.tensor([p]))


def test_a_rows_loss_is_that_of_each_label_summed() -> None:
    (found,) = LabelSetHead(LABELS).losses(logits(0.9, 0.2, 0.5), [[1.0, 0.0, 1.0]])
    each = binary_cross_entropy(
        torch.tensor([0.9, 0.2, 0.5]), torch.tensor([1.0, 0.0, 1.0]), reduction="none"
    )
    assert found.item() == pytest.approx(each.sum().item(), rel=1e-5)


def test_soft_targets_are_the_labels_marginals() -> None:
    head = LabelSetHead(LABELS)
    told = {answer("lid"): 0.25, answer("lid", "lamp"): 0.5, answer(): 0.25}
    targets = head.soft_targets([answer("lid"), answer("kettle")], [told, None])
    assert targets == [[0.75, 0.0, 0.5], [0.0, 1.0, 0.0]]
    same = head.soft_losses(logits(0.75, 1e-6, 0.5), targets[:1], 1.0)
    assert same.item() == pytest.approx(0, abs=1e-4)
    hard = head.soft_losses(logits(0.9, 0.2, 0.5), targets[1:], 1.0)
    assert hard.item() == pytest.approx(
        head.losses(logits(0.9, 0.2, 0.5), targets[1:]).item(), rel=1e-5
    )


@pytest.mark.parametrize(
    ("p", "names", "confidence", "margin"),
    [
        ((0.9, 0.2, 0.6), ("lid", "lamp"), 0.9 * 0.8 * 0.6, 0.2),
        ((0.1, 0.2, 0.3), (), 0.9 * 0.8 * 0.7, 0.4),
        ((0.5, 0.01, 0.01), ("lid",), 0.5 * 0.99 * 0.99, 0.0),
    ],
)
def test_the_verdict_is_that_of_each_label(
    p: tuple[float, ...], names: tuple[str, ...], confidence: float, margin: float
) -> None:
    (found,) = LabelSetHead(LABELS).predictions(logits(*p), Encoded([[1]], [], [1.0]), [0])
    assert found.label == answer(*names)
    assert found.confidence == pytest.approx(confidence, abs=1e-5)
    assert found.margin == pytest.approx(margin, abs=1e-5)


def test_a_threshold_of_its_own_moves_verdict_and_margin() -> None:
    head = LabelSetHead(LABELS)
    head.thresholds = (0.2, 0.5, 0.8)
    found = head.verdict(torch.tensor([0.3, 0.1, 0.7]))
    assert found.label == answer("lid")
    assert found.margin == pytest.approx(min(0.1 / 0.8, 0.4 / 0.5, 0.1 / 0.8), abs=1e-5)


@pytest.mark.parametrize("label", ["lid", "{}", '["fork"]', "[1]", "["])
def test_a_label_that_is_no_set_is_named(label: str, base: Path) -> None:
    student = Encoder.create(StudentConfig(model=str(base), max_length=32), LABELS, 1, "multilabel")
    with pytest.raises(ValueError, match="is no set of"):
        student.encode([Example("a", "the lid", label)])


def test_a_fresh_student_expects_one_label_a_text(base: Path) -> None:
    student = Encoder.create(StudentConfig(model=str(base), max_length=32), LABELS, 1, "multilabel")
    (p,) = student.probabilities(["the lid"])
    assert p.mean() == pytest.approx(1 / 3, abs=0.1)
    student.reset()
    assert (student.probabilities(["the lid"])[0] == p).all()


def test_sets_are_learnt_and_saved_with_their_thresholds(base: Path, tmp_path: Path) -> None:
    made = []
    for i in range(32):
        names = tuple(name for at, name in enumerate(LABELS) if i >> at & 1)
        words = [FILLER[0], FILLER[3 + i % 2], *names]
        made.append(Example(f"r{i}", " ".join(words), answer(*names)))
    config = StudentConfig(model=str(base), max_length=32, lr=3e-3, threads=1)
    student = Encoder.create(config, LABELS, 1, "multilabel")
    before = student.fit(made, seed=1, epochs=1).mean_loss
    after = student.fit(made, seed=2, epochs=60).mean_loss
    assert before is not None and after is not None and after < before < 3 * math.log(3)
    said = student.predict([row.text for row in made])
    scores = set_scores([row.label for row in made], [one.label for one in said], LABELS)
    assert scores["hamming"] >= 0.8 and scores["macro_f1"] >= 0.8
    assert len({len(decode(one.label)) for one in said}) >= 3

    student.thresholds = (0.4, 0.5, 0.6)
    student.checkpoint(tmp_path / "state")
    student.save(tmp_path / "student")
    again = Encoder.load(tmp_path / "student", config)
    assert [one.label for one in again.predict([row.text for row in made])] == [
        one.label for one in student.predict([row.text for row in made])
    ]
    student.reset()
    assert student.thresholds == (0.5, 0.5, 0.5)
    student.restore(tmp_path / "state")
    assert student.thresholds == (0.4, 0.5, 0.6)
    other = Encoder.create(config, LABELS, 1, "classification")
    with pytest.raises(ConfigError, match="its task is 'multilabel'"):
        other.restore(tmp_path / "state")


def test_transformers_knows_what_it_is(base: Path, tmp_path: Path) -> None:
    from transformers import AutoConfig

    config = StudentConfig(model=str(base), max_length=32)
    Encoder.create(config, LABELS, 1, "multilabel").save(tmp_path / "student")
    found = AutoConfig.from_pretrained(tmp_path / "student")
    assert found.problem_type == "multi_label_classification"
    plain = Encoder.create(config, LABELS, 1)
    assert plain.network.config.problem_type == "single_label_classification"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_base(tmp_path_factory.mktemp("sets") / "base")
