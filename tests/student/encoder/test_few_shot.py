from __future__ import annotations

from pathlib import Path

import pytest
import torch

from evokd.config import ConfigError, RunError, StudentConfig
from evokd.config.contrastive import ContrastiveConfig
from evokd.tasks.example import Example
from student.encoder.contrastive import pair_losses
from student.encoder.encoder import Encoder
from student.encoder.few_shot import fit_head, learn_pairs
from student.encoder.pairs import Pair
from student.encoder.training_plan import Phase, full_plan, run_plan, training_plan, warm_up_plan
from tests.student.encoder.test_encoder import same_bits, weights
from tests.student.tiny import BAD, GOOD, LABELS

CONTRASTIVE = ContrastiveConfig(lr=2e-3, epochs=20, max_steps=100)
DESCRIPTIONS = {"negative": " ".join(BAD), "positive": " ".join(GOOD)}


@pytest.fixture
def few(config: StudentConfig) -> StudentConfig:
    return config.model_copy(update={"contrastive": CONTRASTIVE})


def test_the_loss_of_sentence_transformers() -> None:
    """Of 6.2.0: `CosineSimilarityLoss(None).compute_loss_from_embeddings([v[a], v[b]], y)`."""
    vectors = torch.tensor([[1.0, 2, 2], [2, 0, 1], [-1, 1, 0.5], [0.5, 0.5, 3]])
    pairs = [Pair(0, 1, True), Pair(0, 2, False), Pair(1, 3, False), Pair(2, 2, True)]
    assert pair_losses(vectors, pairs).mean().item() == pytest.approx(0.1743397, abs=1e-6)


def test_pairs_then_head_learn(few: StudentConfig, rows: list[Example]) -> None:
    encoder = Encoder.create(few, LABELS, seed=1)
    told: list[tuple[int, int]] = []
    report = run_plan(warm_up_plan(few, rows), encoder, seed=1, on_step=lambda *s: told.append(s))
    said = [one.label for one in encoder.predict([row.text for row in rows])]
    assert said == [row.label for row in rows]
    assert report.steps == len(told) == 100
    assert 0 < report.tokens <= report.padded_tokens
    assert 0 < report.examples <= 100 * 20


def test_pairs_move_the_encoder_the_head_only_itself(
    few: StudentConfig, rows: list[Example]
) -> None:
    encoder = Encoder.create(few, LABELS, seed=1)
    fresh = weights(encoder)
    fit_head(encoder, rows)
    assert {n for n, v in weights(encoder).items() if not v.equal(fresh[n])} == {
        "classifier.weight",
        "classifier.bias",
    }
    before = weights(encoder)
    learn_pairs(encoder, rows, seed=1, steps=2)
    changed = {n for n, v in weights(encoder).items() if not v.equal(before[n])}
    assert any(".layer.0." in name for name in changed)
    assert not any("classifier" in n or ".layer.2." in n or "pooler" in n for n in changed)


def test_same_seed_same_bits_and_a_checkpoint_goes_on(
    few: StudentConfig, rows: list[Example], tmp_path: Path
) -> None:
    few = few.model_copy(update={"head_start": "labels"})

    def fresh() -> Encoder:
        return Encoder.create(few, LABELS, seed=1, descriptions=DESCRIPTIONS)

    after = training_plan(few, seed_rows=rows[:8], batch=rows[8:])
    whole, again = fresh(), fresh()
    run_plan(warm_up_plan(few, rows[:8]), whole, seed=1)
    whole.checkpoint(tmp_path / "state")
    run_plan(after, whole, seed=2)
    run_plan(warm_up_plan(few, rows), again, seed=7)  # forgotten by restoring
    again.restore(tmp_path / "state")
    run_plan(after, again, seed=2)
    assert same_bits(weights(whole), weights(again))
    whole.reset()
    assert same_bits(weights(whole), weights(fresh()))


def test_a_checkpoint_of_a_plain_student_is_refused(few: StudentConfig, tmp_path: Path) -> None:
    Encoder.create(few.plain, LABELS, seed=1).checkpoint(tmp_path / "state")
    with pytest.raises(ConfigError, match="its averages is False, expected True"):
        Encoder.create(few, LABELS, seed=1).restore(tmp_path / "state")


def test_labels_are_a_zero_shot_start(config: StudentConfig, rows: list[Example]) -> None:
    start = config.model_copy(update={"head_start": "labels"})
    encoder = Encoder.create(start, LABELS, seed=1, descriptions=DESCRIPTIONS)
    said = encoder.predict(list(DESCRIPTIONS.values()))
    assert [one.label for one in said] == list(LABELS)
    other = Encoder.create(start, LABELS, seed=2, descriptions=DESCRIPTIONS)
    assert [one.label for one in other.predict(list(DESCRIPTIONS.values()))] == list(LABELS)
    encoder.fit(rows, seed=1, epochs=20)
    assert [v.label for v in encoder.predict([r.text for r in rows])] == [r.label for r in rows]


def test_new_labels_start_from_their_descriptions(config: StudentConfig) -> None:
    start = config.model_copy(update={"head_start": "labels"})
    encoder = Encoder.create(start, LABELS, seed=1, descriptions={**DESCRIPTIONS, "c": "lid lamp"})
    old = encoder.network.classifier.weight.clone()
    encoder.grow((*LABELS, "c"))
    assert torch.equal(encoder.network.classifier.weight[:2], old)
    assert encoder.predict(["c: lid lamp"])[0].label == "c"


def test_rows_weigh(few: StudentConfig, rows: list[Example]) -> None:
    wrong = [Example(f"x{row.id}", row.text, LABELS[row.label == "negative"]) for row in rows]
    encoder = Encoder.create(few, LABELS, seed=1)
    factors = {row.id: 0.0 for row in wrong}
    few = few.model_copy(update={"update": "retrain", "steps": 200})
    plan = training_plan(few, seed_rows=rows, batch=wrong, weights=factors)
    run_plan(plan, encoder, seed=1)
    assert [v.label for v in encoder.predict([r.text for r in rows])] == [r.label for r in rows]


def test_divergence_names_its_own_rate(few: StudentConfig, rows: list[Example]) -> None:
    wild = few.model_copy(update={"contrastive": ContrastiveConfig(lr=1e30)})
    with pytest.raises(RunError, match=r"student\.contrastive\.lr: training diverged"):
        learn_pairs(Encoder.create(wild, LABELS, seed=1), rows, seed=1)


def test_plain_students_have_neither_half(config: StudentConfig, rows: list[Example]) -> None:
    encoder = Encoder.create(config, LABELS, seed=1)
    with pytest.raises(ValueError, match="contrastive is null"):
        learn_pairs(encoder, rows, seed=1)
    with pytest.raises(ValueError, match="a head fitted by itself"):
        fit_head(encoder, rows)


def test_plans_of_pairs(few: StudentConfig, rows: list[Example]) -> None:
    shots, batch, history = tuple(rows[:4]), tuple(rows[4:8]), tuple(rows[8:])
    pairs, head = training_plan(few, seed_rows=shots, batch=batch, history=history).phases
    assert pairs == Phase((*shots, *batch), None, None, None, way="pairs")
    assert head == Phase((*shots, *history, *batch), None, None, None, way="head")
    again = few.model_copy(update={"update": "retrain", "steps": 9})
    plan = training_plan(again, seed_rows=shots, batch=batch, history=history)
    assert plan.start == "base"
    assert plan.phases == (Phase(head.rows, None, 9, None, way="pairs"), head)
    assert training_plan(again, seed_rows=shots, batch=()).phases == ()
    assert warm_up_plan(again, shots, whole=True).phases[0].steps == 9
    going = few.model_copy(update={"steps": 9})
    assert training_plan(going, seed_rows=shots, batch=batch, due=3).phases[0].steps == 3
    assert training_plan(going, seed_rows=shots, batch=batch).phases == ()
    assert warm_up_plan(few.model_copy(update={"warm_up_epochs": 0}), shots).phases == ()
    assert full_plan(few, shots).phases == (Phase(shots, few.epochs),)


def test_exactly_the_steps_asked_for(few: StudentConfig, rows: list[Example]) -> None:
    steps = few.model_copy(update={"steps": 41, "update": "retrain"})  # more than an epoch
    plan = training_plan(steps, seed_rows=rows[:4], batch=rows[4:])
    assert run_plan(plan, Encoder.create(steps, LABELS, seed=1), seed=1).steps == 41
