"""Intervals over seeds and test rows: the score itself, and how much wider they are."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.studies.report.comparisons import comparisons
from evokd.studies.report.results import read_results
from evokd.studies.report.sampled_rows import SampledLine, sampled_lines, scores
from evokd.tasks.metrics import score
from evokd.tasks.predictions import TestPredictions
from tests.studies.made_up import MadeUp

CLASS = st.sampled_from("abcd")


@given(st.lists(st.tuples(CLASS, CLASS, st.integers(0, 3)), min_size=1, max_size=12))
def test_a_weighted_row_is_that_many_rows(rows: list[tuple[str, str, int]]) -> None:
    rows = [*rows, ("a", "b", 1)]  # some row is left
    gold, said, times = zip(*rows, strict=True)
    many = [(g, s) for g, s, n in rows for _ in range(n)]
    expected = score([g for g, _ in many], [s for _, s in many], "abcd")
    weights = np.asarray(times, dtype=np.float64)[:, None]
    ids = [str(n) for n in range(len(rows))]
    for metric in ("macro_f1", "accuracy"):
        made = TestPredictions.of(metric, ids, gold, {"final": said})
        found = scores(made, weights)
        assert found is not None
        assert found[0, 0] == pytest.approx(getattr(expected, metric))


def test_refits_count_instead_of_the_final_student() -> None:
    said = {"final": ["a", "a"], "refit-1": ["a", "b"], "refit-2": ["b", "b"]}
    made = TestPredictions.of("accuracy", ["0", "1"], ["a", "b"], said)
    found = scores(made, np.ones((2, 1)))
    assert found is not None and found[:, 0].tolist() == [1.0, 0.5]
    other = TestPredictions.of("f1", ["0", "1"], ["a", "b"], said)
    assert scores(other, np.ones((2, 1))) is None


def study(folder: Path, gain: float, seeds: int = 6, rows: int = 200) -> MadeUp:
    """Two methods whose students are right by chance, `static` less often by `gain`."""
    made = MadeUp(folder)
    lines = []
    hard = [random.Random(n).random() for n in range(rows)]
    for method, lost in (("evokd", 0.0), ("static", gain)):
        for seed in range(1, seeds + 1):
            noise = random.Random(f"{method} {seed}")
            right = [noise.gauss(h, 0.1) < 0.7 - lost for h in hard]
            gold = ["ab"[n % 2] for n in range(rows)]
            said = [g if r else "ba"["ab".index(g)] for g, r in zip(gold, right, strict=True)]
            value = sum(right) / rows
            cell = made.cell(method, seed, value, metric="accuracy")
            ids = [f"test-{n}" for n in range(rows)]
            one = TestPredictions.of("accuracy", ids, gold, {"final": said})
            lines.append({"cell": cell["cell"], **one.to_json()})
    made.predictions = lines
    return made


def lines_of(made: MadeUp) -> list[SampledLine]:
    found = read_results(made.write())
    (comparison,) = comparisons(found)
    return sampled_lines(found, comparison)


def test_the_test_sample_makes_intervals_wider_and_pairing_narrows_them(tmp_path: Path) -> None:
    made = study(tmp_path, 0.15)
    evokd, static = lines_of(made)
    found = read_results(tmp_path)
    seeds_alone = [row.score for row in found.cells if row.method == "evokd" and row.score]
    width = max(seeds_alone) - min(seeds_alone)
    assert evokd.interval is not None and evokd.n == 6 and evokd.rows == 200
    assert evokd.interval.high - evokd.interval.low > max(width, 0.09)  # ± 2 √(.7 × .3 / 200)
    assert static.difference == pytest.approx(-0.15, abs=0.04)
    assert static.difference_interval is not None and static.difference_interval.high < 0
    paired = static.difference_interval.high - static.difference_interval.low
    apart = evokd.interval.high - evokd.interval.low
    assert paired < 1.2 * apart  # of two independent samples it would be √2 as wide


def test_a_null_is_not_seen(tmp_path: Path) -> None:
    _, static = lines_of(study(tmp_path, 0.0))
    low, high = static.difference_interval or (1, 1)
    assert low <= 0 <= high


def test_answers_that_do_not_give_the_score_are_left_out(tmp_path: Path) -> None:
    made = study(tmp_path, 0.1, seeds=3)
    for row in made.results:
        row["score"] = 0.123
    assert lines_of(made) == []
    made.predictions = []
    assert lines_of(made) == []
