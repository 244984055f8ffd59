from __future__ import annotations

from pathlib import Path

import pytest

from evokd.runs.failures import is_failing, read_failures, standing_of
from evokd.runs.run import read_run
from evokd.runs.run_line import line_of
from evokd.runs.totals import EdgeTotals, LedgerTotals, read_edges
from tests.runs.made_run import make_run
from tests.viewer.failing_run import NO_JSON, make_failing


@pytest.mark.parametrize(
    ("ended", "failed", "expected"),
    [
        (0, 0, False),
        (100, 0, False),
        (100, 20, False),  # a fifth: still enough is usable
        (100, 21, True),
        (10, 4, False),  # too few to say
        (10, 5, True),
        (1, 1, True),  # all of them
        (3, 3, True),
        (3, 2, False),
    ],
)
def test_a_few_retries_are_no_failure(ended: int, failed: int, expected: bool) -> None:
    assert is_failing(ended, failed) is expected


def test_a_small_role_does_not_drown_in_a_large_one() -> None:
    books = LedgerTotals(
        [
            EdgeTotals("warm_up", "analyst", calls=8, unusable=8, failed=8),
            EdgeTotals("writer", "labeler", calls=400, unusable=4, failed=4),
            EdgeTotals("ballot", "critic", calls=9, unusable=9),  # cancelled by us
            EdgeTotals("x", "writer", calls=6, open=6),
        ]
    )
    found = standing_of(books)
    assert found.worst == ("analyst 8 of 8",) and found.fails
    assert found.said == "21 of 417 calls unusable"
    assert not standing_of(LedgerTotals()).fails


def test_failures_are_told_by_status_and_kind_of_reason(tmp_path: Path) -> None:
    run = read_run(make_failing(tmp_path / "run").path)
    found = read_failures(run)
    kinds = [(kind.status, kind.reason, kind.calls) for kind in found.kinds]
    assert kinds == [
        ("rejected", NO_JSON, 30),
        ("cancelled", "the round was stopped", 11),
        ("error", "HTTP 429: rate limit of N reached, try again in Ns", 10),
        ("rejected", "the analysis is empty", 2),
    ]
    assert found.by_status == [("rejected", 32), ("cancelled", 11), ("error", 10)]
    assert found.kinds[2].said.endswith("39.5s"), "the last one stands for its kind"
    assert found.kinds[0].roles == {"hard_generator": 30}
    assert (found.requests, found.lost) == (93, 53)


def test_a_retry_that_was_answered_is_no_lost_request(tmp_path: Path) -> None:
    made = make_run(tmp_path / "run")
    assert read_failures(read_run(made.path)).kinds == ()
    books = read_edges(read_run(made.path))
    assert standing_of(books).said == "0 of 10 calls unusable"


def test_the_line_of_a_listing_is_marked(tmp_path: Path) -> None:
    run = read_run(make_failing(tmp_path / "bad").path)
    line = line_of(run, read_edges(run))
    assert (line.unusable, line.calls) == (53, 93)
    assert line.failing == ("hard_generator 40 of 62",)
    assert line.reason == "budget.tokens is reached"
    assert line.why == "the budget ended the run: 1,080 of 4,000 tokens, and no further call fits"
    fine = read_run(make_run(tmp_path / "fine").path)
    assert line_of(fine, read_edges(fine)).failing == ()
