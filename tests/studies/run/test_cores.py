"""Cores for workers: disjoint, all of them used, given back."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.studies.run.cores import claimed, shares, usable
from tests.servers.child import CONTEXT

pinning = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="skipped: this system can't pin processes"
)


@given(cores=st.sets(st.integers(0, 63), min_size=1), workers=st.integers(1, 80))
def test_shares(cores: set[int], workers: int) -> None:
    found = shares(sorted(cores), workers)
    assert len(found) == workers and all(found)
    used = [core for share in found for core in share]
    assert set(used) <= cores
    if workers <= len(cores):
        assert len(used) == len(set(used)) == len(cores)
        sizes = [len(share) for share in found]
        assert max(sizes) - min(sizes) <= 1
    else:
        assert max(used.count(core) for core in cores) <= -(-workers // len(cores))


@pinning
def test_a_claim_is_this_process_s_until_it_ends(tmp_path: Path) -> None:
    before = usable()
    with claimed(1, tmp_path) as own:
        assert usable() == list(own) and len(own) == 1
    assert usable() == before
    with claimed(len(before) + 1, tmp_path) as none:
        assert none == () and usable() == before
        with claimed(len(before), tmp_path) as everything:
            assert list(everything) == before


def _claim(folder: Path, pipe: Connection) -> None:
    with claimed(1, folder) as own:
        pipe.send(own)
        pipe.recv()


@pinning
@pytest.mark.skipif(len(usable()) < 2, reason="skipped: needs two cores")
def test_two_processes_never_share(tmp_path: Path) -> None:
    pipes, taken = [], []
    for _ in usable():
        here, there = multiprocessing.Pipe()
        CONTEXT.Process(target=_claim, args=(tmp_path, there), daemon=True).start()
        taken += here.recv()
        pipes.append(here)
    assert sorted(taken) == usable()
    with claimed(1, tmp_path) as none:
        assert none == ()
    for pipe in pipes:
        pipe.send(None)
