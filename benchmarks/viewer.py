"""The viewer over a run of 300,000 calls, beside a shelf of small ones.

    .venv/bin/python benchmarks/viewer.py            # minutes, most of them making run and index

Prints the median time of each kind of page, the first time (nothing remembered), and the server's
memory; then how long the index of the run takes beside the pages, and the same of searches, the
first time with words that were not asked for before. Targets: the table of runs under 300 ms, every
other view under 500 ms, under 1.5 s the first time, under 400 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks.large_run import make, noted

CALLS, ROUNDS, SHELF, TIMES = 300_000, 750, 100, 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument(
        "--keep", type=Path, help="make the runs here, or take those that are there"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        root = asked.keep or Path(made)
        if not (root / "big").exists():
            began = time.perf_counter()
            make(root / "big", asked.calls, asked.rounds)
            for number in range(SHELF):
                make(root / f"small-{number:03d}", 60, 3)
            took = time.perf_counter() - began
            print(f"made {asked.calls:,} calls and {SHELF} small runs in {took:.0f} s")
        noted(root / "big")
        sizes = {f.name: f.stat().st_size / 1e6 for f in (root / "big").glob("*.sqlite")}
        print(
            "big run:", ", ".join(f"{name} {size:.0f} MB" for name, size in sorted(sizes.items()))
        )
        measure(root)


def measure(root: Path) -> None:
    """Start a server in a process of its own and time its pages."""
    command = [
        sys.executable,
        "-c",
        "from evokd.cli import main; main()",
        "view",
        str(root),
        "--port",
        "0",
    ]
    with tempfile.TemporaryDirectory() as cache:  # the index is made anew each time
        environment = {**os.environ, "XDG_CACHE_HOME": cache}
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found is not None
            base = found[0].rstrip("/")
            print(f"memory when ready: {memory(server.pid):.0f} MB")
            time_each(base, pages(root / "big"))
            print(f"memory: {memory(server.pid):.0f} MB (at most {peak(server.pid):.0f})")
            wait_for_index(base)
            size = sum(f.stat().st_size for f in Path(cache).rglob("*") if f.is_file()) / 1e6
            print(f"index: {size:.0f} MB; memory: at most {peak(server.pid):.0f} MB")
            time_each(base, searches(root / "big"))
            print(
                f"memory at the end: {memory(server.pid):.0f} MB (at most {peak(server.pid):.0f})"
            )
        finally:
            server.terminate()
            server.wait(10)


def time_each(base: str, asked: Iterator[tuple[str, str]]) -> None:
    """First and median time of some pages."""
    print(f"{'page':<34}{'first':>9}{'median':>9}{'size':>10}")
    for name, address in asked:
        times, size = [], 0
        for _ in range(TIMES):
            began = time.perf_counter()
            size = len(read(base + address))
            times.append((time.perf_counter() - began) * 1000)
        median = statistics.median(times)
        print(f"{name:<34}{times[0]:>6.0f} ms{median:>6.0f} ms{size / 1000:>7.0f} kB")


def read(address: str) -> bytes:
    """A page."""
    with urllib.request.urlopen(address) as answer:
        return bytes(answer.read())


def wait_for_index(base: str) -> None:
    """Search in a run that has no index yet, and say when it has one."""
    began = time.perf_counter()
    read(f"{base}/calls?run=big&q=bottle")
    print(f"first search, while there is no index: {1000 * (time.perf_counter() - began):.0f} ms")
    slowest = 0.0
    while json.loads(read(f"{base}/live?run=big&q=bottle"))["status"] == "running":
        asked = time.perf_counter()
        read(f"{base}/calls?run=big&q=bottle")
        slowest = max(slowest, time.perf_counter() - asked)
        time.sleep(2)
    took = time.perf_counter() - began
    print(f"index made in {took:.0f} s; slowest search meanwhile: {1000 * slowest:.0f} ms")


def searches(big: Path) -> Iterator[tuple[str, str]]:
    """Searches of the large run: rare words, words in every call, filters, orders, pages."""
    db = sqlite3.connect(big / "ledger.sqlite")
    query = "SELECT id FROM calls WHERE target = 'labeler' LIMIT 1 OFFSET 500"
    call = db.execute(query).fetchone()[0]
    db.close()
    for name, asked in (
        ("search: a rare word", "q=5077"),
        ("a word of every third call", "q=lid"),
        ("a word of every call", "q=product"),
        ("three words of every call", "q=buyer+with+product&page=2"),
        ("a phrase", "q=%22on+day+77%22"),
        ("a beginning", "q=crac*"),
        ("a beginning of 300,000 words", "q=reply:a*+w*+ne*"),
        ("left out", "q=-lid+product"),
        ("only left out", "q=-lid"),
        ("with fields", "q=product+agent:labeler+status:ok+round:3-90"),
        ("with filters, last page", "q=product&target=labeler&page=9999"),
        ("by tokens, then page 9", "q=product&sort=-tokens&page=9"),
        ("nothing", "q=unheard"),
    ):
        yield name, f"/calls?run=big&{asked}"
    yield "a call of a search", f"/call?run=big&call={call}&q=product+agent:labeler"
    yield "live, while searching", "/live?run=big&q=product"


def pages(big: Path) -> Iterator[tuple[str, str]]:
    """Every kind of page, of the large run."""
    last = len((big / "metrics.jsonl").read_text(encoding="utf-8").splitlines()) - 1
    middle, row = last // 2, f"r{last // 2:04d}-003"
    call = (
        sqlite3.connect(big / "ledger.sqlite")
        .execute("SELECT id FROM calls WHERE seq = 50")
        .fetchone()[0]
    )
    yield "runs", "/"
    yield "runs, filtered and sorted", "/?q=small&sort=-tokens"
    yield "run", "/run?run=big"
    yield "run by freight", "/run?run=big&measure=freight"
    yield "round", f"/round?run=big&round={middle}"
    yield "round, filtered", f"/round?run=big&round={middle}&verdict=reject&q=bottle"
    yield "calls", "/calls?run=big"
    yield "calls, filtered, last page", "/calls?run=big&target=labeler&status=ok&page=9999"
    yield "calls by tokens", "/calls?run=big&sort=-tokens"
    yield "call", f"/call?run=big&call={call}"
    yield "row", f"/row?run=big&row={row}"
    yield "row, in the list of the data", f"/row?run=big&row={row}&list=data&q=day"
    yield "notes", "/notes?run=big"
    yield "calls with notes", "/calls?run=big&note=any"
    yield "rounds as CSV", "/download/run?run=big&table=rounds&format=csv"
    yield (
        "1,000 calls as JSON lines",
        "/download/calls?run=big&q=round:7-8&table=table&format=jsonl",
    )
    yield "data", "/data?run=big"
    yield "data, searched", "/data?run=big&q=day+77&label=positive"
    yield "data, sorted, last page", "/data?run=big&sort=-text&page=9999"
    shelf = "".join(f"&run=small-{number:03d}" for number in range(7))
    two = "run=big&run=small-001"
    yield "compare", f"/compare?{two}"
    yield "compare eight", f"/compare?run=big{shelf}&only=b"
    yield "two rounds", f"/compare/rounds?run=big&round={middle}&round={middle + 1}"
    yield "two calls", f"/compare/calls?run=big&call={call}"
    yield "a call and its counterpart", "/compare/calls?run=small-001&run=big&role=labeler&round=2"
    yield "templates", f"/compare/templates?{two}"
    yield "answers to test rows", f"/compare/answers?{two}"
    yield "student", "/student?run=big"
    yield "student, another round", f"/student?run=big&round={middle}"
    yield "student, points picked", "/student?run=big&q=day+7&kind=synthetic"
    yield "tokens", "/tokens?run=big"
    yield "tokens, another round", f"/tokens?run=big&round={middle}"
    yield "live", "/live?run=big"


def memory(process: int) -> float:
    """Resident memory of a process, MB."""
    return _status(process, "VmRSS")


def peak(process: int) -> float:
    """Most resident memory it had, MB."""
    return _status(process, "VmHWM")


def _status(process: int, name: str) -> float:
    said = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = re.search(rf"{name}:\s+(\d+) kB", said)
    return float(found[1]) / 1000 if found else float("nan")


if __name__ == "__main__":
    main()
