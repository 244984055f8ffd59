from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from evokd.config import LoraConfig, RunError
from student.causal import lm_head
from student.causal.causal import CausalStudent
from student.causal.chat import EncodedPair
from student.causal.training import EncodedRow, plan_stage, target_places
from student.causal.values import CausalSettings, StageReport, TokenScores, TrainingPair

HEAD = "<|im_start|>user\n{}?<|im_end|>\n<|im_start|>assistant\n"
LESSONS = [
    TrainingPair(HEAD.format(asked), answer)
    for asked, answer in (
        ("6 and 7", "The sum is 13. The answer is (A)."),
        ("Why do birds fly", "Because birds have wings."),
        ("Which", "B"),
        ("Every kettle boils", "So the answer is B. 🙂"),
        ("One or two", "Two: 1 + 1. The answer is (B)."),
    )
]


def make(causal: Path, **changes: Any) -> CausalStudent:
    settings = CausalSettings(
        model=str(causal),
        max_length=128,
        lora=LoraConfig(r=4, alpha=8, target_modules=("all-linear",)),
        batch_size=4,
        micro_batch=2,
        threads=1,
    )
    return CausalStudent.create(replace(settings, **changes), seed=1)


def nlls(student: CausalStudent, *, base: bool = False) -> list[float]:
    """Of the lessons' responses."""
    prompts, responses = ([row[i] for row in LESSONS] for i in (0, 1))
    found = student.score(prompts, responses, base=base)
    return [one.nll for one in found if isinstance(one, TokenScores)]


def fit(student: CausalStudent, lr: float = 5e-3, epochs: int = 3, seed: int = 3) -> StageReport:
    return student.fit(LESSONS, lr=lr, epochs=epochs, seed=seed)


def adapters(student: CausalStudent) -> dict[str, torch.Tensor]:
    named = student._model.named_parameters()
    return {name: value.detach().clone() for name, value in named if value.requires_grad}


def naive_loss(student: CausalStudent, lessons: list[TrainingPair]) -> float:
    """Mean over target tokens of minus log-probability, one row at a time, the whole head."""
    total = count = 0.0
    base = student._base
    for lesson in lessons:
        (pair,) = student._encode([lesson.prompt], [lesson.response])
        ids = torch.tensor([[*pair.prompt, *pair.response, base.end]])
        with torch.no_grad():
            table = student._model(input_ids=ids).logits[0].log_softmax(-1)
        for at in range(len(pair.prompt), ids.shape[1]):
            total -= float(table[at - 1, ids[0, at]])
            count += 1
    return total / count


def test_the_first_loss_is_the_mean_over_response_tokens(causal: Path) -> None:
    student = make(causal, batch_size=8)
    expected = naive_loss(student, LESSONS)
    report = fit(student, epochs=1)
    assert report.steps == 1
    assert report.losses[0] == pytest.approx(expected, abs=1e-5)


def test_it_learns_what_it_is_taught(causal: Path) -> None:
    student = make(causal)
    before = nlls(student)
    report = fit(student, lr=2e-2, epochs=30)
    after = nlls(student)
    assert all(b < 0.5 * a for a, b in zip(before, after, strict=True))
    assert report.losses[-1] < 0.5 * report.losses[0]
    assert nlls(student, base=True) == before  # the base weights are untouched, bit for bit


def test_the_same_seed_gives_the_same_bits(causal: Path) -> None:
    dropout = LoraConfig(r=4, alpha=8, dropout=0.2)
    one, same, other = (make(causal, lora=dropout) for _ in range(3))
    torch.manual_seed(11)
    first = fit(one)
    torch.manual_seed(12)  # whatever the dice were before
    assert fit(same).losses == first.losses
    assert fit(other, seed=4).losses != first.losses
    mine, yours = adapters(one), adapters(same)
    assert all(torch.equal(mine[name], yours[name]) for name in mine)


def test_passes_change_memory_and_not_the_step(causal: Path) -> None:
    losses = [fit(make(causal, micro_batch=size)).losses for size in (1, 4)]
    assert np.allclose(losses[0], losses[1], atol=1e-4)


def test_stage_two_continues_the_adapters_of_stage_one(causal: Path, tmp_path: Path) -> None:
    straight, resumed = make(causal), make(causal)
    fit(straight)
    fit(resumed)
    resumed.checkpoint(tmp_path / "stage1")
    fresh = make(causal)
    fresh.restore(tmp_path / "stage1")
    assert fresh.stages == straight.stages == ("5 rows, 3 epochs, lr 0.005, seed 3, loop",)
    second = fit(straight, lr=1e-3, seed=4)
    assert fit(fresh, lr=1e-3, seed=4).losses == second.losses
    mine, yours = adapters(straight), adapters(fresh)
    assert mine.keys() == yours.keys()
    assert all(torch.equal(mine[name], yours[name]) for name in mine)
    assert len(fresh.stages) == 2


def test_the_books(causal: Path) -> None:
    student = make(causal)
    report = fit(student, epochs=2)
    lengths = student.lengths(*zip(*LESSONS, strict=True))
    assert report.rows == 5 and report.epochs == 2 and report.steps == 4 == len(report.losses)
    assert report.tokens == 2 * sum(lengths)
    prompts = sum(len(student._encode([row.prompt], [""])[0].prompt) for row in LESSONS)
    assert report.target_tokens == 2 * (sum(lengths) - prompts)
    assert report.padded_tokens >= report.tokens
    assert report.mean_loss == pytest.approx(sum(report.losses) / 4)
    for lessons, epochs in ([], 3), (LESSONS, 0):
        nothing = student.fit(lessons, lr=1e-3, epochs=epochs, seed=1)
        assert nothing.steps == nothing.tokens == 0 and nothing.mean_loss is None
    assert len(student.stages) == 1


def test_only_the_last_step_of_an_epoch_has_fewer_passes() -> None:
    pairs = [EncodedPair((1,) * (1 + i % 3), (2,) * (1 + i % 7), (0,)) for i in range(75)]
    settings = CausalSettings(batch_size=4, micro_batch=3)
    stage = plan_stage(pairs, settings, lr=1e-3, epochs=2, seed=1, end=9, pad=0)
    for epoch in stage.epochs:
        assert sorted(i for step in epoch for part in step for i in part) == list(range(75))
        assert [len(step) for step in epoch] == [2] * 18 + [1]
        assert [sum(map(len, step)) for step in epoch] == [4] * 18 + [3]
    assert stage.epochs[0] != stage.epochs[1]
    assert all(row.ids[-1] == 9 for row in stage.rows)


def test_targets_are_the_response_and_the_end() -> None:
    rows = [EncodedRow((1, 2, 3, 4), 2), EncodedRow((1, 2), 1)]
    places = target_places(rows, torch.device("cpu"))
    assert places.tolist() == [[False, True, True], [True, False, False]]


def test_the_summed_loss_has_the_gradient_of_the_plain_one(
    causal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make(causal)._base.model
    torch.manual_seed(0)
    states, targets = torch.randn(10, 32), torch.randint(0, 320, (10,))
    plain, chunked = (states.clone().requires_grad_() for _ in range(2))
    expected = torch.nn.functional.cross_entropy(model.lm_head(plain), targets, reduction="sum")
    torch.autograd.backward(expected / 3)
    monkeypatch.setitem(lm_head.CHUNK_BYTES, "cpu", 3 * 4 * 320)
    found = lm_head.summed_loss(model, chunked, targets)
    torch.autograd.backward(found / 3)
    assert torch.allclose(found, expected)
    assert plain.grad is not None and chunked.grad is not None
    assert torch.allclose(chunked.grad, plain.grad, atol=1e-6)


def test_a_row_that_does_not_fit_is_refused_before_training(causal: Path) -> None:
    student = make(causal)
    with pytest.raises(RunError, match=r"student\.max_length: training row 1 has \d+ tokens"):
        student.fit([LESSONS[0], TrainingPair("So", "é" * 100)], lr=1e-3, epochs=1, seed=1)
    assert not student.trained


def test_divergence_is_said(causal: Path) -> None:
    with pytest.raises(RunError, match=r"student\.lr: training diverged .* lower 1e\+30"):
        fit(make(causal), lr=1e30, epochs=4)
