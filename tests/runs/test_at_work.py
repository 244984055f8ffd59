from __future__ import annotations

import fcntl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from evokd.runs.at_work import AtWork, read_at_work
from evokd.runs.cells import title_of, titles_in
from evokd.runs.run import read_run
from evokd.runs.run_line import line_of
from evokd.runs.totals import read_edges
from evokd.store.events import Begun, NodeEnded, Scored
from tests.runs.made_run import Maker
from tests.viewer.failing_run import make_live, make_young, stamp


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Maker]:
    """A run that this process holds."""
    maker = make_live(tmp_path / "live")
    with (maker.path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield maker


def at_work(maker: Maker, after_s: float = 0.0) -> AtWork:
    run = read_run(maker.path)
    return read_at_work(run, read_edges(run), datetime.now(UTC) + timedelta(seconds=after_s))


def test_nodes_calls_and_budgets_of_a_run_that_goes_on(live: Maker) -> None:
    found = at_work(live)
    (node,) = found.nodes
    assert (node.node, node.source, node.executions, node.calls) == (
        "labeler",
        "hard_generator",
        1,
        2,
    )
    assert [call["id"] for call in found.calls] == live.calls[-2:]
    bars = {(bar.agent, bar.limit): (bar.used, bar.reserved, bar.allowed) for bar in found.budgets}
    # 5 calls of 15 tokens; two more may cost 9 + 50 each
    assert bars == {("", "tokens"): (75, 118, 400), ("labeler", "calls"): (2, 2, 50)}
    assert found.round == 2


def test_what_ended_is_no_longer_at_work(live: Maker) -> None:
    live.emit(NodeEnded(task="busy", seconds=1.0), 2, "labeler")
    (node,) = at_work(live).nodes
    assert node.executions == 1 and node.source == "hard_generator", "only its calls tell of it"


def test_what_a_killed_process_left_open_does_not_count(live: Maker) -> None:
    again = stamp(datetime.now(UTC) + timedelta(seconds=1))
    live.emit(Begun(run="m", name="m", method="evokd", seed=1, resumed=True, at=again), 0, "")
    found = at_work(live, after_s=5)
    assert found.nodes == () and found.calls == ()
    assert found.left_s is None and "no estimate" in found.basis


def test_time_left_by_the_pace_of_tokens_before_a_round_is_closed(live: Maker) -> None:
    found = at_work(live)
    assert found.left_s is not None
    assert found.left_s == pytest.approx(325 * 100 / 75, rel=0.1)
    assert "75 tokens took" in found.basis


def test_time_left_by_the_rounds_of_this_process(live: Maker) -> None:
    began = datetime.now(UTC) - timedelta(seconds=100)
    for number, after in ((2, 40), (3, 60), (4, 80)):
        at = stamp(began + timedelta(seconds=after))
        scored = Scored(
            dev=None, test={}, billed_tokens=100 + number, accepted=1, rejected=0, at=at
        )
        live.emit(scored, number, "trainer")
    events = at_work(live)
    assert "6 as the config says" in events.basis
    assert events.left_s is not None and events.left_s < 60


def test_a_young_run_is_starting_and_not_damaged(tmp_path: Path) -> None:
    make_young(tmp_path / "young")
    with (tmp_path / "young" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = read_run(tmp_path / "young")
        assert (run.state, run.status) == ("starting", "running")
        line = line_of(run, read_edges(run)) if (run.path / "ledger.sqlite").exists() else None
        assert line is None
    assert read_run(tmp_path / "young").state == "killed", "nobody holds it any more"


def test_cells_have_names(tmp_path: Path) -> None:
    row = {"cell": "0a", "method": "pool", "task": "trec6", "variant": "margin", "shots": 1,
           "seed": 3, "budget": 24000, "run": "runs/0a"}  # fmt: skip
    assert title_of(row) == "pool trec6 margin 1-shot seed 3 24,000 tokens"
    assert title_of({"cell": "0a", "variant": "default"}) == "0a"
    (tmp_path / "cells.jsonl").write_text('{"cell": "0a", "run": 3}\n{"cell": "b"\n[1]\n')
    assert titles_in(tmp_path) == {}
    assert titles_in(tmp_path / "nowhere") == {}
