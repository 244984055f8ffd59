"""The closed rounds of a run, read from its directory: metrics.jsonl and the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from evokd.runs.run import read_run
from evokd.runs.totals import spent_by_round
from evokd.store.run_dir import RunDir, read_lines
from evokd.tracking.values import Spent, round_values


def closed_rounds(run: Path, after: int = -1) -> Iterator[tuple[int, dict[str, float]]]:
    """Number and values of each closed round after one, in order.

    Raises:
        Unreadable: the ledger is damaged.
    """
    lines = read_lines(RunDir(run).metrics)
    if not any(line["round"] > after for line in lines):
        return
    booked = spent_by_round(read_run(run))
    so_far, done = Spent(), -1
    for line in lines:
        for number in range(done + 1, line["round"] + 1):
            for edge, spending in booked.get(number, {}).items():
                so_far.add(edge, spending)
        done = line["round"]
        if done > after:
            yield done, round_values(line, so_far)
