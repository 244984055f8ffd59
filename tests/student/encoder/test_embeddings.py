from __future__ import annotations

import numpy as np
import pytest

from evokd.config import StudentConfig
from student.encoder.embeddings import embeddings
from student.encoder.encoder import Encoder
from tests.student.tiny import LABELS

TEXTS = ["great lid", "it is a very sad and broken lamp .", "awful awful", "the kettle works"] * 12


@pytest.fixture
def student(config: StudentConfig) -> Encoder:
    return Encoder.create(config, LABELS, seed=1)


def test_a_vector_a_text_in_order_whatever_else_is_in_the_batch(student: Encoder) -> None:
    found = embeddings(student, TEXTS)
    assert found.dtype == np.float32 and found.shape == (len(TEXTS), 32)
    alone = np.concatenate([embeddings(student, [text]) for text in TEXTS[:4]])
    np.testing.assert_allclose(found[:4], alone, atol=1e-5)
    assert not np.allclose(found[0], found[1])


def test_looking_changes_nothing(student: Encoder) -> None:
    before = student.probabilities(TEXTS)
    embeddings(student, TEXTS)
    np.testing.assert_array_equal(student.probabilities(TEXTS), before)


def test_a_student_of_choices_is_refused(student: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(student, "kind", "choice")
    with pytest.raises(ValueError, match="choices"):
        embeddings(student, ["x"])
