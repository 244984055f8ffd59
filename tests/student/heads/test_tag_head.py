"""Words are tagged by their first tokens, whatever the tokenizer makes of them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from evokd.config import StudentConfig
from evokd.tasks.example import Example
from evokd.tasks.spans import EntitySpan, decode, encode, words
from student.encoder.encoder import Encoder
from student.heads.tags import IGNORED, _notes
from student.selection.influence import row_losses
from tests.student.tiny import BAD, FILLER, GOOD

TYPES = ("Good", "Bad")


def rows() -> list[Example]:
    """Good words are entities of one type, runs of two bad ones of another."""
    made = []
    for i in range(16):
        filler = [FILLER[(i * 5 + j) % len(FILLER)] for j in range(1 + i % 4)]
        first, second = GOOD[i % 5], f"{BAD[i % 5]} {BAD[(i + 2) % 5]}"
        text = f"{first} {' '.join(filler)} {second} {filler[0]}"
        at = text.index(second)
        spans = [EntitySpan(0, len(first), "Good"), EntitySpan(at, at + len(second), "Bad")]
        made.append(Example(f"r{i}", text, encode(text, spans)))
    return made


@pytest.fixture
def encoder(config: StudentConfig) -> Encoder:
    return Encoder.create(config, TYPES, seed=1, kind="ner")


def test_only_first_tokens_of_words_have_targets(encoder: Encoder) -> None:
    text = "the abc lid's great"  # abc: three tokens
    row = Example("a", text, encode(text, [EntitySpan(4, 13, "Bad"), EntitySpan(14, 19, "Good")]))
    encoded = encoder.encode([row])
    tokens = encoder._tokenizer.convert_ids_to_tokens(encoded.ids[0])
    assert tokens == ["[CLS]", "the", "a", "##b", "##c", "lid", "[UNK]", "[UNK]", "great", "[SEP]"]
    outputs = [encoder.head.outputs[t] if t != IGNORED else "-" for t in encoded.targets[0]]
    assert outputs == ["-", "O", "B-Bad", "-", "-", "I-Bad", "I-Bad", "I-Bad", "B-Good", "-"]


def test_it_learns_and_says_where(encoder: Encoder) -> None:
    made = rows()
    encoder.fit(made, seed=1, epochs=60)
    predicted = encoder.predict([row.text for row in made])
    assert [one.label for one in predicted] == [row.label for row in made]
    assert all(0 < one.margin <= one.confidence <= 1 for one in predicted)


def test_entities_beyond_the_cut_are_not_found(encoder: Encoder) -> None:
    made = rows()
    encoder.fit(made, seed=1, epochs=25)
    text = f"great {'the lid ' * 20}great"
    (found,) = encoder.predict([text])
    assert [span.start for span in decode(found.label)] == [0]


def test_saved_and_loaded_it_says_the_same(encoder: Encoder, tmp_path: Path) -> None:
    texts = [row.text for row in rows()[:4]]
    encoder.fit(rows(), seed=1, epochs=2)
    encoder.save(tmp_path / "student")
    loaded = Encoder.load(tmp_path / "student", encoder.config)
    assert [p.label for p in loaded.predict(texts)] == [p.label for p in encoder.predict(texts)]
    assert loaded.labels == TYPES


def test_a_rows_loss_is_the_mean_over_its_words(encoder: Encoder) -> None:
    logits = torch.zeros(2, 4, len(encoder.head.outputs))
    logits[0, 1, 2] = 100.0  # sure, and right
    losses = encoder.head.losses(logits, [[IGNORED, 2, 0, IGNORED], [IGNORED, 1]])
    assert losses.tolist() == pytest.approx([math.log(5) / 2, math.log(5)])
    assert len(row_losses(encoder, rows()[:3])) == 3


def test_a_type_of_another_task_is_refused(encoder: Encoder) -> None:
    with pytest.raises(ValueError, match="entity types"):
        encoder.encode([Example("a", "great", '[[0,5,"Odd","great"]]')])
    with pytest.raises(ValueError, match="no entities"):
        encoder.encode([Example("a", "great", "Good")])


def test_words_that_share_a_token_or_have_none() -> None:
    text = "no!! \u00b7 x"
    assert [text[a:b] for a, b in words(text)] == ["no", "!", "!", "·", "x"]
    # one token for both marks, none for the dot; special tokens are (0, 0)
    notes = _notes(text, [(0, 0), (0, 2), (2, 4), (6, 8), (0, 0)])
    assert notes.firsts == [1, 2, None, None, 3]
    cut = _notes(text, [(0, 0), (0, 2), (2, 4), (0, 0)])
    assert len(cut.words) == 3
