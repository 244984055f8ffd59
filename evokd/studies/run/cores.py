"""Which cores a worker may use, so that embedded teachers and training never meet on the same ones.

PyTorch and the embedded server take as many threads as the process may use cores. Two programs
with two threads each on two cores run many times slower than in turn, so workers are pinned.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path


def usable() -> list[int]:
    """Cores that this process may run on, in order."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def shares(cores: Sequence[int], workers: int) -> list[tuple[int, ...]]:
    """One set of cores a worker: disjoint, or single ones in turn where workers are more."""
    if workers > len(cores):
        return [(cores[number % len(cores)],) for number in range(workers)]
    edges = [number * len(cores) // workers for number in range(workers + 1)]
    return [tuple(cores[low:high]) for low, high in itertools.pairwise(edges)]


def pin(cores: Sequence[int]) -> None:
    """Keep all threads of this process, and those still to come, on these cores."""
    if not hasattr(os, "sched_setaffinity"):
        return
    threads = Path("/proc/self/task")
    ids = [int(entry.name) for entry in threads.iterdir()] if threads.is_dir() else [0]
    for thread in ids:
        with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
            os.sched_setaffinity(thread, cores)


@contextlib.contextmanager
def claimed(count: int, folder: Path | None = None) -> Iterator[tuple[int, ...]]:
    """Pin this process to `count` cores that no other holder has, for the length of a `with`.

    For processes that don't know of one another (Ray's): a lock file a core, let go of when the
    process ends, however it ends. With fewer free cores than that, nothing is pinned.

    Args:
        count: Cores.
        folder: Of the lock files; by default one a user.

    Yields:
        The cores; none where there were not enough.
    """
    folder = folder or Path(tempfile.gettempdir()) / f"evokd-cores-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    before = usable()
    held: list[int] = []
    with contextlib.ExitStack() as locks:
        for core in before:
            if len(held) == count:
                break
            file = locks.enter_context((folder / str(core)).open("w", encoding="utf-8"))
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held.append(core)
        if len(held) < count:
            locks.close()
            yield ()
            return
        pin(held)
        try:
            yield tuple(held)
        finally:
            pin(before)
