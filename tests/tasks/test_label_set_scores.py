"""Scores of sets of labels, held against scikit-learn's, and their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evokd.tasks.label_set_scores import decisions, set_intervals, set_report, set_scores
from evokd.tasks.label_sets import encode

LABELS = ("a", "b", "c", "d")
SETS = st.lists(st.sets(st.sampled_from(LABELS[:3])), min_size=1, max_size=12)


def said(sets: list[set[str]]) -> list[str]:
    return [encode(one, LABELS) for one in sets]


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_scores_are_those_of_scikit_learn(data: st.DataObject) -> None:
    from sklearn.metrics import f1_score, hamming_loss, precision_recall_fscore_support

    gold = data.draw(SETS)
    n = len(gold)
    one = st.sets(st.sampled_from(LABELS[:3]))
    guess = data.draw(st.lists(one, min_size=n, max_size=n))
    right, other = decisions(said(gold), LABELS), decisions(said(guess), LABELS)
    found = set_scores(said(gold), said(guess), LABELS)
    met = np.flatnonzero((right | other).any(0))
    each = f1_score(right, other, average=None, zero_division=0)
    assert found["macro_f1"] == pytest.approx(each[met].mean() if len(met) else 0)
    micro = f1_score(right, other, average="micro", zero_division=0)
    assert found["micro_f1"] == pytest.approx(micro)
    assert found["hamming"] == pytest.approx(1 - hamming_loss(right, other))
    assert found["accuracy"] == pytest.approx((right == other).all(1).mean())
    columns = precision_recall_fscore_support(right, other, average=None, zero_division=0)
    for at, line in enumerate(set_report(said(gold), said(guess), LABELS).values()):
        assert line == pytest.approx([column[at] for column in columns])


def test_intervals_hold_the_score_and_shrink_with_rows() -> None:
    gold, guess = [{"a"}, {"a", "b"}, set(), {"b"}], [{"a"}, {"b"}, set(), {"b", "a"}]
    widths = []
    for times in (5, 50):
        many = said(gold * times), said(guess * times)
        scores, found = set_scores(*many, LABELS), set_intervals(*many, LABELS)
        assert found == set_intervals(*many, LABELS)
        for name, value in scores.items():
            assert found[name].low <= value <= found[name].high
        widths.append(found["macro_f1"].high - found["macro_f1"].low)
    assert widths[1] < widths[0] / 2


def test_rows_that_are_no_sets_are_refused() -> None:
    with pytest.raises(ValueError, match="as many predictions"):
        set_scores([], [], LABELS)
    with pytest.raises(ValueError, match="not in labels: 'x'"):
        set_scores(['["x"]'], ["[]"], LABELS)
