"""Pairs reach the network as the tokenizer joins them."""

from __future__ import annotations

import pytest

from evokd.config import StudentConfig
from evokd.tasks.example import Example
from evokd.tasks.formats.pair import join
from student.encoder.encoder import Encoder
from tests.student.tiny import BAD, GOOD

LABELS = ("same", "other")


def pairs() -> list[Example]:
    """A good and a bad word each; which of them is the premise decides."""
    rows = []
    for i in range(10):
        good, bad = GOOD[i % 5], BAD[(i * 3 + i // 5) % 5]
        rows += [
            Example(f"up{i}", join(bad, good), "same"),
            Example(f"down{i}", join(good, bad), "other"),
        ]
    return rows


@pytest.fixture
def encoder(config: StudentConfig) -> Encoder:
    return Encoder.create(config, LABELS, seed=1, kind="pair")


def test_both_sides_and_their_types_are_there(encoder: Encoder) -> None:
    encoded = encoder.encode([Example("p", join("the lid is great", "it fails"), "same")])
    assert encoded.types is not None
    tokens = encoder._tokenizer.convert_ids_to_tokens(encoded.ids[0])
    assert tokens == ["[CLS]", "the", "lid", "is", "great", "[SEP]", "it", "fails", "[SEP]"]
    assert encoded.types[0] == [0] * 6 + [1] * 3
    inputs = encoder.head.inputs(encoded, [0], encoder.pad_id, encoder.device)
    assert inputs["token_type_ids"].tolist() == [encoded.types[0]]


def test_it_learns_which_side_is_which(encoder: Encoder) -> None:
    rows = pairs()
    encoder.fit(rows, seed=1, epochs=20)
    assert [p.label for p in encoder.predict([r.text for r in rows])] == [r.label for r in rows]
