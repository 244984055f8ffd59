from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
import torch

from evokd.config import StudentConfig
from evokd.tasks.example import Example
from student.encoder.predictor import Probabilities
from student.selection.confident_learning import suspects
from student.selection.out_of_fold import APART, cross_judged, deal, out_of_fold
from tests.student.encoder.test_embedded import invented
from tests.student.tiny import LABELS


def auc(scores: npt.NDArray[np.floating], wrong: Sequence[int]) -> float:
    """Chance that a wrong row has a higher score than a right one."""
    right = [at for at in range(len(scores)) if at not in wrong]
    gaps = scores[list(wrong)][:, None] - scores[right][None]
    return float(((gaps > 0) + 0.5 * (gaps == 0)).mean())


def planted(share: float = 0.2) -> tuple[list[Example], list[int]]:
    """Easy rows, some of them with the other label."""
    rows = invented()
    wrong = Random(5).sample(range(len(rows)), round(share * len(rows)))
    flipped = [
        Example(row.id, row.text, LABELS[row.label == LABELS[0]]) if at in wrong else row
        for at, row in enumerate(rows)
    ]
    return flipped, wrong


def test_classes_are_dealt_evenly_and_folds_are_even() -> None:
    labels = ["a"] * 10 + ["b"] * 13
    dealt = deal(labels, [], 5, seed=1)
    for name in "ab":
        sizes = Counter(fold for fold, own in zip(dealt, labels, strict=True) if own == name)
        assert len(sizes) == 5 and max(sizes.values()) - min(sizes.values()) <= 1
    sizes = Counter(dealt)
    assert max(sizes.values()) - min(sizes.values()) <= 1
    assert dealt == deal(labels, [], 5, seed=1) != deal(labels, [], 5, seed=2)


def test_few_rows_few_folds_and_a_lonely_row_stays_apart() -> None:
    assert Counter(deal(["a", "a", "b"], [], 5, seed=1)) == {APART: 1, 0: 1, 1: 1}
    assert APART not in deal(["a", "a", "b"], ["b"], 5, seed=1)
    assert deal(["a", "b"], [], 5, seed=1) == [APART, APART]
    assert deal([], [], 5, seed=1) == []


def test_nobody_is_judged_by_a_student_that_saw_it() -> None:
    rows = [Example(f"r{at}", f"text {at}", "ab"[at % 2]) for at in range(9)]
    dealt = [*deal([row.label for row in rows[:-1]], [], 3, seed=1), APART]
    judged: list[str] = []

    def judge(others: Sequence[Example], texts: Sequence[str]) -> Probabilities:
        assert not {row.text for row in others} & {*texts}
        assert {row.text for row in others} | {*texts} == {row.text for row in rows}
        judged.extend(texts)
        return np.array([[int(text[-1]), 0] for text in texts], dtype=np.float32)

    found = cross_judged(rows, dealt, 2, judge)
    assert sorted(judged) == [row.text for row in rows[:-1]]
    assert found[:-1, 0].tolist() == list(range(8)) and np.isnan(found[-1]).all()


def test_it_is_the_seeds_and_leaves_torch_alone(config: StudentConfig, rows: list[Example]) -> None:
    state = torch.random.get_rng_state()
    first = out_of_fold(config, LABELS, rows[4:], rows[:4], folds=2, seed=1)
    assert torch.equal(state, torch.random.get_rng_state())
    np.testing.assert_allclose(first.sum(axis=1), 1, rtol=1e-5)
    torch.rand(3)
    again = out_of_fold(config, LABELS, rows[4:], rows[:4], folds=2, seed=1)
    np.testing.assert_array_equal(first, again)
    assert (first != out_of_fold(config, LABELS, rows[4:], rows[:4], folds=2, seed=2)).any()
    assert np.isnan(out_of_fold(config, LABELS, rows[:2], [], folds=2, seed=1)).all()


@pytest.mark.slow
def test_flipped_labels_are_found() -> None:
    """A fifth of the labels is wrong, and nothing says which."""
    rows, wrong = planted()
    said = out_of_fold(StudentConfig(threads=1), LABELS, rows, [], folds=5, seed=1)
    labels = np.array([LABELS.index(row.label) for row in rows])
    assert auc(-said[np.arange(len(rows)), labels], wrong) > 0.8
    found = np.flatnonzero(suspects(labels, said).suspect)
    assert len({*found.tolist()} & {*wrong}) >= 0.6 * len(wrong)
