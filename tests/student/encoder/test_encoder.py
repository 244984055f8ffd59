from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from evokd.config import ConfigError, LoraConfig, RunError, StudentConfig
from evokd.tasks.example import Example
from student.encoder.encoder import Encoder
from tests.student.tiny import FILLER, GOOD, LABELS, save_base

LORA = LoraConfig(r=4, alpha=8, dropout=0.1)


@pytest.fixture(params=[None, LORA], ids=["full", "lora"])
def either(request: pytest.FixtureRequest, config: StudentConfig) -> StudentConfig:
    """The config with full fine-tuning, and with LoRA."""
    return config.model_copy(update={"lora": request.param})


def weights(encoder: Encoder) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in encoder._model.named_parameters()}


def same_bits(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_learns_and_predicts_in_order(either: StudentConfig, rows: list[Example]) -> None:
    rate = 2e-3 if either.lora is None else 2e-2  # few parameters on a random body
    encoder = Encoder.create(either.model_copy(update={"lr": rate}), LABELS, seed=1)
    report = encoder.fit(rows, seed=1, epochs=40)
    verdicts = encoder.predict([row.text for row in rows])
    assert [v.label for v in verdicts] == [row.label for row in rows]
    assert report.steps == 40 * 5
    assert report.examples == 40 * 20
    assert 0 < report.tokens <= report.padded_tokens
    assert report.mean_loss is not None and 0 < report.mean_loss < 0.7
    assert report.seconds > 0


def test_same_seed_same_bits(either: StudentConfig, rows: list[Example]) -> None:
    def trained(create: int, fit: int) -> dict[str, torch.Tensor]:
        encoder = Encoder.create(either, LABELS, seed=create)
        encoder.fit(rows, seed=fit)
        torch.rand(3)  # what other code draws in between must not matter
        encoder.fit(rows[:6], seed=fit + 1)
        return weights(encoder)

    first = trained(1, 1)
    torch.manual_seed(99)
    assert same_bits(first, trained(1, 1))
    assert not same_bits(first, trained(1, 5))
    assert not same_bits(first, trained(2, 1))


def test_leaves_global_state_alone(config: StudentConfig, rows: list[Example]) -> None:
    torch.manual_seed(7)
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    encoder = Encoder.create(config, LABELS, seed=1)
    encoder.fit(rows, seed=1)
    encoder.predict(["the lid"])
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_checkpoint_restore_equals_going_on(
    either: StudentConfig, rows: list[Example], tmp_path: Path
) -> None:
    encoder = Encoder.create(either, LABELS, seed=1)
    encoder.fit(rows, seed=1)
    encoder.checkpoint(tmp_path / "round-1")
    encoder.fit(rows[:8], seed=2)

    other = Encoder.create(either, LABELS, seed=1)
    other.fit(rows[3:], seed=9)  # anything it learnt before is gone after restoring
    other.restore(tmp_path / "round-1")
    other.fit(rows[:8], seed=2)
    assert same_bits(weights(encoder), weights(other))


def test_reset_forgets_everything(either: StudentConfig, rows: list[Example]) -> None:
    encoder = Encoder.create(either, LABELS, seed=1)
    fresh = weights(encoder)
    encoder.fit(rows, seed=1)
    assert not same_bits(weights(encoder), fresh)
    encoder.reset()
    assert same_bits(weights(encoder), fresh)


def test_lora_trains_adapters_and_head_only(config: StudentConfig, rows: list[Example]) -> None:
    encoder = Encoder.create(config.model_copy(update={"lora": LORA}), LABELS, seed=1)
    before = weights(encoder)
    encoder.fit(rows, seed=1)
    changed = {name for name, value in weights(encoder).items() if not value.equal(before[name])}
    assert changed
    assert all("lora_" in name or "classifier.modules_to_save" in name for name in changed)
    assert any("lora_" in name for name in changed) and any("classifier" in n for n in changed)


def test_alone_or_in_a_batch(config: StudentConfig, rows: list[Example]) -> None:
    encoder = Encoder.create(config, LABELS, seed=1)
    encoder.fit(rows, seed=1, epochs=5)
    texts = [row.text for row in rows] * 4  # several batches
    together = encoder.probabilities(texts)
    alone = np.concatenate([encoder.probabilities([text]) for text in texts])
    assert together.shape == (80, 2) and together.dtype == np.float32
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)


def test_predictions_say_how_sure(config: StudentConfig) -> None:
    encoder = Encoder.create(config, ("a", "b", "c"), seed=1)
    texts = ["the lid", "awful"]
    for row, verdict in zip(encoder.probabilities(texts), encoder.predict(texts), strict=True):
        ranked = np.sort(row)
        assert verdict.label == "abc"[row.argmax()]
        assert verdict.confidence == pytest.approx(ranked[-1])
        assert verdict.margin == pytest.approx(ranked[-1] - ranked[-2], abs=1e-6)


def test_nothing_in_nothing_out(config: StudentConfig, rows: list[Example]) -> None:
    encoder = Encoder.create(config, LABELS, seed=1)
    before = weights(encoder)
    assert encoder.probabilities([]).shape == (0, 2)
    assert encoder.predict([]) == []
    assert encoder.fit([], seed=1).mean_loss is None
    assert encoder.fit(rows, seed=1, epochs=0).steps == 0
    assert same_bits(before, weights(encoder))
    assert len(encoder.predict(["", "\n", "字 🙂"])) == 3


def test_label_order_is_the_callers(config: StudentConfig, rows: list[Example]) -> None:
    forward = Encoder.create(config, LABELS, seed=1)
    backward = Encoder.create(config, LABELS[::-1], seed=1)
    for encoder in (forward, backward):
        encoder.fit(rows, seed=1, epochs=20)
    text = f"the lamp is {GOOD[0]}"
    assert forward.probabilities([text])[0, 1] > 0.9
    assert backward.probabilities([text])[0, 0] > 0.9


def test_steps_instead_of_epochs(config: StudentConfig, rows: list[Example]) -> None:
    encoder = Encoder.create(config, LABELS, seed=1)
    assert encoder.fit(rows, seed=1, steps=7).steps == 7
    assert encoder.fit(rows[:3], seed=1, steps=7).examples == 21
    with pytest.raises(ValueError, match="not both"):
        encoder.fit(rows, seed=1, steps=7, epochs=1)


def test_each_step_is_told_once_it_is_taken(config: StudentConfig, rows: list[Example]) -> None:
    told: list[tuple[int, int]] = []
    encoder = Encoder.create(config, LABELS, seed=1)
    encoder.fit(rows, seed=1, steps=3, on_step=lambda *step: told.append(step))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_row_of_weight_zero_teaches_nothing(config: StudentConfig, rows: list[Example]) -> None:
    wrong = [Example(row.id, row.text, LABELS[row.label == "negative"]) for row in rows]
    encoder = Encoder.create(config, LABELS, seed=1)
    encoder.fit([*rows, *wrong], seed=1, epochs=20, weights=[1.0] * 20 + [0.0] * 20)
    assert [v.label for v in encoder.predict([r.text for r in rows])] == [r.label for r in rows]


@pytest.mark.parametrize("bad", [[1.0], [-1.0] * 20, [float("nan")] * 20])
def test_weights_are_checked(config: StudentConfig, rows: list[Example], bad: list[float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Encoder.create(config, LABELS, seed=1).fit(rows, seed=1, weights=bad)


def test_unknown_label_is_named(config: StudentConfig) -> None:
    encoder = Encoder.create(config, LABELS, seed=1)
    with pytest.raises(ValueError, match="neutral"):
        encoder.fit([Example("x", "the lid", "neutral")], seed=1)


@pytest.mark.parametrize("labels", [("a",), ("a", "a")])
def test_label_sets_are_checked(config: StudentConfig, labels: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="two or more different labels"):
        Encoder.create(config, labels, seed=1)


def test_divergence_is_said(config: StudentConfig, rows: list[Example]) -> None:
    encoder = Encoder.create(config.model_copy(update={"lr": 1e30}), LABELS, seed=1)
    with pytest.raises(RunError, match=r"student\.lr: training diverged"):
        encoder.fit(rows, seed=1, epochs=10)


def test_long_texts_are_cut(config: StudentConfig) -> None:
    encoder = Encoder.create(config, LABELS, seed=1)
    long = " ".join(FILLER * 50)
    report = encoder.fit([Example("x", long, "positive")], seed=1, epochs=1)
    assert report.tokens == config.max_length


def test_other_restores_are_refused(
    config: StudentConfig, rows: list[Example], tmp_path: Path
) -> None:
    encoder = Encoder.create(config, LABELS, seed=1)
    encoder.checkpoint(tmp_path / "state")
    (tmp_path / "empty").mkdir()
    changed = save_base(tmp_path / "other", seed=5)

    def refused(match: str, other: Encoder, folder: str = "state") -> None:
        before = weights(other)
        with pytest.raises(ConfigError, match=match):
            other.restore(tmp_path / folder)
        assert same_bits(before, weights(other))

    refused("its labels is", Encoder.create(config, ("bad", "good"), seed=1))
    refused("its labels is", Encoder.create(config, LABELS[::-1], seed=1))
    elsewhere = config.model_copy(update={"model": str(changed)})
    refused("its base_model is", Encoder.create(elsewhere, LABELS, seed=1))
    refused("its lora is", Encoder.create(config.model_copy(update={"lora": LORA}), LABELS, seed=1))
    refused("its seed is 1, expected 2", Encoder.create(config, LABELS, seed=2))
    refused("holds no weights of kind checkpoint", encoder, "empty")
    encoder.save(tmp_path / "saved")
    refused("holds weights of kind student, expected checkpoint", encoder, "saved")

    file = tmp_path / "state" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x7f")
    refused("not the file that was saved", encoder)


def test_a_base_folder_that_changed_is_refused(config: StudentConfig, tmp_path: Path) -> None:
    mine = config.model_copy(update={"model": str(save_base(tmp_path / "mine"))})
    Encoder.create(mine, LABELS, seed=1).checkpoint(tmp_path / "state")
    save_base(tmp_path / "mine", seed=5)
    with pytest.raises(ConfigError, match="its fingerprint is"):
        Encoder.create(mine, LABELS, seed=1).restore(tmp_path / "state")
