"""Static students: a table of words that answers about as the student does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from evokd.config import ConfigError, StudentConfig, TaskKind
from evokd.tasks.example import Example
from student.encoder.encoder import Encoder
from student.export import load_exported
from student.export.manifest import ExportManifest
from student.export.static import check_static, distil, ridge, token_vectors, weighted, wordless
from student.export.static_network import StaticNetwork
from student.manifest import read_manifest
from tests.student.tiny import BAD, FILLER, GOOD, LABELS


@pytest.fixture
def trained(config: StudentConfig, rows: list[Example]) -> Encoder:
    student = Encoder.create(config, LABELS, seed=1)
    student.fit(rows, seed=1, epochs=12)
    return student


def test_it_answers_as_the_student_on_texts_it_never_saw(
    trained: Encoder, rows: list[Example], tmp_path: Path
) -> None:
    trained.save(tmp_path / "student", temperature=2.0)
    student = Encoder.load(tmp_path / "student", trained.config)
    manifest = ExportManifest(
        form="static", student=read_manifest(tmp_path / "student", "student"), base_model="tiny"
    )
    out = tmp_path / "static"
    out.mkdir()
    seen = [row.text for row in rows]
    seen += [f"{a} {word} {b}" for word in (*GOOD, *BAD) for a in FILLER[:4] for b in FILLER[-3:]]
    distil(student, seen).save(out / manifest.weights)
    student.tokenizer.save_pretrained(out)
    manifest.write(out)
    static = load_exported(out)
    unseen = [f"{before} {word} !" for before in ("this", "it is so") for word in (*GOOD, *BAD)]
    said = [one.label for one in student.predict(unseen)]
    assert set(said) == set(LABELS)
    says = [one.label for one in static.predict(unseen)]
    assert sum(a == b for a, b in zip(said, says, strict=True)) >= 0.8 * len(unseen)
    assert static.temperature == 2.0
    assert (out / manifest.weights).stat().st_size < 2000


def test_the_order_and_the_padding_of_words_play_no_part(trained: Encoder) -> None:
    network = distil(trained, ["the lid is great", "awful lamp", "it works", "sad"])
    ids = torch.tensor([[2, 15, 5, 3, 0], [2, 5, 15, 3, 0]])
    mask = torch.tensor([[1, 1, 1, 1, 0]] * 2)
    one, other = network(ids, mask).logits
    assert torch.allclose(one, other)
    short = network(ids[:1, :4], mask[:1, :4]).logits[0]
    assert torch.allclose(one, short)
    alone = (network.table[15] + network.table[5]) / 2 + network.bias
    assert torch.allclose(one, alone)
    empty = network(torch.tensor([[2, 3]]), torch.tensor([[1, 1]])).logits[0]
    assert torch.allclose(empty, network.bias)


def test_token_vectors_are_those_of_the_token_alone(trained: Encoder) -> None:
    vectors = token_vectors(trained)
    assert vectors.shape == (len(trained.tokenizer), 32)
    ids = trained.tokenizer("lid")["input_ids"]
    assert len(ids) == 3
    hidden = trained.network(input_ids=torch.tensor([ids]), output_hidden_states=True)
    expected = hidden.hidden_states[-1][0].mean(0).detach().numpy()
    np.testing.assert_allclose(vectors[ids[1]], expected, atol=1e-5)


def test_rare_tokens_weigh_more_and_special_ones_nothing(trained: Encoder) -> None:
    special = wordless(trained.tokenizer)
    assert special[:5].all() and not special[5:].any()
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(4000, 8))
    marks = np.arange(4000) < 5
    found = weighted(vectors, marks)
    assert not found[:5].any()
    lengths = np.linalg.norm(found, axis=1)
    assert lengths[3000:].mean() > 3 * lengths[5:20].mean()
    turned = found[5:] / found[5:, :1] * np.ones(8)  # directions, whatever the weight
    assert turned.shape == (3995, 8)


def test_ridge_finds_a_line_and_shrinks_noise() -> None:
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(60, 5))
    truth, level = rng.normal(size=(5, 2)), np.array([0.5, -2.0])
    weights, bias = ridge(inputs, inputs @ truth + level)
    np.testing.assert_allclose(weights, truth, atol=1e-2)
    np.testing.assert_allclose(bias, level, atol=1e-2)
    wide = rng.normal(size=(20, 200))
    noise, _ = ridge(wide, rng.normal(size=(20, 1)))
    exact = np.linalg.lstsq(wide - wide.mean(0), rng.normal(size=(20, 1)), rcond=None)[0]
    assert np.linalg.norm(noise) < np.linalg.norm(exact)


@pytest.mark.parametrize("kind", ["pair", "choice", "ner"])
def test_kinds_that_a_bag_of_words_cannot_answer(config: StudentConfig, kind: TaskKind) -> None:
    student = Encoder.create(config, ("A", "B"), seed=1, kind=kind)
    with pytest.raises(ConfigError, match=f"--format static: not for tasks of kind {kind}: .*onnx"):
        check_static(student)


def test_several_heads_are_one_table(config: StudentConfig) -> None:
    labels = ("topic: lid", "topic: lamp", "mood: good", "mood: bad", "mood: none")
    student = Encoder.create(config, labels, seed=1, kind="multi")
    network = distil(student, ["the lid is great", "a lamp", "it is sad", "very so"])
    assert network.table.shape == (len(student.tokenizer), 5)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="can't be read as a static student"):
        StaticNetwork.open(file)
