"""The head for multiple choice: scores, masks, training, and saving."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from evokd.config import StudentConfig
from evokd.tasks.example import Example
from evokd.tasks.formats.choice import LETTERS, join
from student.encoder.encoder import Encoder
from student.heads.choice import ChoiceHead, padded
from student.selection.influence import row_losses
from tests.student.tiny import BAD, FILLER, GOOD

LABELS = ("A", "B", "C", "D")


def items(n: int = 24) -> list[Example]:
    """Questions with two to four choices; the right one is the good word."""
    rows = []
    for i in range(n):
        count = 2 + i % 3
        choices = [f"{BAD[(i + j) % 5]} {FILLER[(i * 3 + j) % 9]}" for j in range(count)]
        place = i * 7 % count
        choices[place] = f"{GOOD[i % 5]} {FILLER[i % 9]}"
        rows.append(Example(f"q{i}", join("the lid is", choices), LETTERS[place]))
    return rows


@pytest.fixture
def encoder(config: StudentConfig) -> Encoder:
    return Encoder.create(config, LABELS, seed=1, kind="choice")


def test_places_beyond_a_rows_choices_have_no_probability() -> None:
    logits = torch.tensor([[1.0], [2.0], [0.5], [0.0], [3.0]])
    scores = padded(logits, [2, 3]).softmax(-1)
    assert scores.shape == (2, 3)
    assert scores[0, 2] == 0
    assert torch.allclose(scores.sum(-1), torch.ones(2))


def test_losses_are_those_of_each_row_alone() -> None:
    head = ChoiceHead(LABELS)
    logits = torch.tensor([[1.0], [2.0], [0.5], [0.0], [3.0]], requires_grad=True)
    losses = head.losses(logits, [(1, 2), (0, 3)])
    first = torch.tensor([1.0, 2.0]).log_softmax(-1)[1]
    second = torch.tensor([0.5, 0.0, 3.0]).log_softmax(-1)[0]
    assert torch.allclose(losses, -torch.stack([first, second]))
    torch.autograd.backward(losses.sum())
    assert logits.grad is not None and bool(logits.grad.isfinite().all())


def test_it_learns_items_of_varied_length(encoder: Encoder) -> None:
    rows = items()
    texts, gold = [row.text for row in rows], [row.label for row in rows]
    report = encoder.fit(rows, seed=1, epochs=40)
    assert report.examples == 40 * len(rows)
    assert [p.label for p in encoder.predict(texts)] == gold
    assert max(row_losses(encoder, rows)) < 0.7


def test_another_order_moves_the_letter_with_its_choice(encoder: Encoder) -> None:
    encoder.fit(items(), seed=1, epochs=3)
    choices = ["great the", "awful lid", "lovely is", "fails so"]
    one = encoder.predict([join("this kettle", choices)])[0]
    for shift in (1, 2, 3):
        turned = choices[shift:] + choices[:shift]
        other = encoder.predict([join("this kettle", turned)])[0]
        assert turned[LETTERS.index(other.label)] == choices[LETTERS.index(one.label)]
        assert other.confidence == pytest.approx(one.confidence, abs=1e-5)


def test_a_saved_student_answers_the_same(encoder: Encoder, tmp_path: Path) -> None:
    encoder.fit(items(), seed=1, epochs=2)
    texts = [row.text for row in items()]
    encoder.save(tmp_path / "s")
    loaded = Encoder.load(tmp_path / "s", encoder.config)
    assert (loaded.kind, loaded.labels, loaded.head.outputs) == ("choice", LABELS, ("score",))
    before, after = encoder.predict(texts), loaded.predict(texts)
    assert [p.label for p in before] == [p.label for p in after]


def test_a_checkpoint_goes_on(encoder: Encoder, tmp_path: Path) -> None:
    encoder.fit(items(), seed=1, epochs=2)
    encoder.checkpoint(tmp_path / "c")
    before = encoder.predict([items()[0].text])
    encoder.reset()
    encoder.restore(tmp_path / "c")
    assert encoder.predict([items()[0].text]) == before


def test_a_long_question_leaves_room_for_the_choices(encoder: Encoder) -> None:
    long = " ".join(FILLER * 20)
    encoded = encoder.encode([Example("q", join(long, ["great", "awful"]), "A")])
    good, bad = encoded.ids[0]
    assert len(good) == len(bad) == encoder.config.max_length
    assert good != bad


def test_token_types_tell_question_and_choice_apart(encoder: Encoder) -> None:
    encoded = encoder.encode(items(3))
    assert encoded.types is not None
    assert [[set(types) for types in row] for row in encoded.types] == [
        [{0, 1}] * len(row) for row in encoded.ids
    ]
    assert encoded.lengths == [sum(map(len, row)) for row in encoded.ids]


@pytest.mark.parametrize("label", ["C", "", "AB", "a"])
def test_a_letter_that_is_not_there(encoder: Encoder, label: str) -> None:
    with pytest.raises(ValueError, match="is no letter of 2 choices"):
        encoder.encode([Example("q", join("q", ["great", "awful"]), label)])


def test_a_text_without_choices(encoder: Encoder) -> None:
    with pytest.raises(ValueError, match="two or more choices"):
        encoder.predict(["the lid is"])


def test_nothing_to_predict(encoder: Encoder) -> None:
    assert encoder.predict([]) == []
