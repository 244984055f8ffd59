"""Two heads on one last layer: losses add up, verdicts are those of each head, both are learnt."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from evokd.config import StudentConfig
from evokd.tasks.example import Example
from evokd.tasks.formats.multi import join, split
from student.encoder.encoded import Encoded
from student.encoder.encoder import Encoder
from student.heads.several import SeveralHead
from tests.student.tiny import BAD, GOOD, save_base

LABELS = ("mood: bad", "mood: good", "thing: lid", "thing: kettle", "thing: lamp")
HEAD = SeveralHead(LABELS)


def answer(mood: str, thing: str) -> str:
    return join({"mood": mood, "thing": thing})


def test_a_rows_loss_is_the_sum_of_its_heads() -> None:
    logits = torch.tensor([[1.0, 0.0, 0.5, 2.0, -1.0], [0.0, 3.0, 0.0, 0.0, 1.0]])
    found = HEAD.losses(logits, [[0, 1], [1, 2]])
    first = cross_entropy(logits[:1, :2], torch.tensor([0]))
    second = cross_entropy(logits[:1, 2:], torch.tensor([1]))
    assert found[0].item() == pytest.approx((first + second).item())
    assert found.shape == (2,)


def test_the_verdict_is_that_of_each_head() -> None:
    logits = torch.log(torch.tensor([[0.2, 0.8, 0.5, 0.3, 0.2]]))
    (found,) = HEAD.predictions(logits, Encoded([[1]], [], [1.0]), [0])
    assert found.label == answer("good", "lid")
    assert found.confidence == pytest.approx(0.8 * 0.5)
    # the likeliest other answer changes the thing
    assert found.margin == pytest.approx(0.8 * 0.5 - 0.8 * 0.3)


@pytest.mark.parametrize("label", ["good", "{}", answer("good", "fork"), '["good"]', "{"])
def test_a_label_that_is_no_answer_is_named(label: str, base: Path) -> None:
    config = StudentConfig(model=str(base), max_length=32)
    student = Encoder.create(config, LABELS, seed=1, kind="multi")
    with pytest.raises(ValueError, match="is no answer for the heads"):
        student.encode([Example("a", "the lid", label)])


def test_both_heads_are_learnt_and_saved(base: Path, tmp_path: Path) -> None:
    made = []
    for i in range(30):
        thing = ("lid", "kettle", "lamp")[i % 3]
        mood, signs = (("good", GOOD), ("bad", BAD))[i // 3 % 2]
        text = f"{thing} {signs[i % 2]}"
        made.append(Example(f"r{i}", text, answer(mood, thing)))
    config = StudentConfig(model=str(base), max_length=32, lr=3e-3, threads=1)
    student = Encoder.create(config, LABELS, seed=1, kind="multi")
    before = student.fit(made, seed=1, epochs=1).mean_loss
    after = student.fit(made, seed=2, epochs=60).mean_loss
    assert before is not None and after is not None and after < before < 2 * math.log(3)
    said = [split(one.label) for one in student.predict([row.text for row in made])]
    for head in ("mood", "thing"):
        right = sum(split(r.label)[head] == s[head] for r, s in zip(made, said, strict=True))
        assert right >= 25
    student.save(tmp_path / "student")
    again = Encoder.load(tmp_path / "student", config)
    (one,), (other,) = (each.predict([made[0].text]) for each in (again, student))
    assert one.label == other.label  # where weights lie in memory may change the last bits
    assert one.margin == pytest.approx(other.margin, abs=1e-5)
    assert one.confidence == pytest.approx(other.confidence, abs=1e-5)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_base(tmp_path_factory.mktemp("several") / "base")
