"""The student's server under load: how much it costs over a direct call, and what misuse loses.

    python benchmarks/serving.py                  # MiniLM, untrained; --student FOLDER, --tiny
    python benchmarks/serving.py --seconds 10     # longer measurements

Load: 16 clients, each with one text at a time over a connection of its own, against `evokd serve`
in a process of its own. The direct call is the student in this process on the same 16 texts at
once: nobody could answer 16 clients that ask at the same time sooner. Target: p95 of the clients
at most 1.3 times the p95 of that call. On a machine with other work on it the figure says nothing.

Faults, against a server with a teacher's stand-in behind it that fails in one call of six: clients
that stop half-way, bodies that are too large, bodies that are no JSON, 1,000 requests at once.
Afterwards the server must answer, every request must have had an answer that says what became of
it, and the ledger must hold the calls and tokens that the stand-in saw. Exit code 1 when not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from evokd.config import StudentConfig
from evokd.runs.answers import load_student
from student.encoder.encoder import Encoder
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import FAULTS, sometimes
from tests.serving.teacher import BRAIN, balances, kept, write_config
from tests.student.tiny import LABELS, save_base

CLIENTS, BURST, TARGET = 16, 1000, 1.3
WORDS = ("the", "lid", "of", "this", "bottle", "cracked", "on", "day", "one", "and", "it", "stays")
ENTRY = "from evokd.cli import main; main()"
Place = tuple[str, int]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--student", type=Path, help="a run, a student's or an exported folder")
    parser.add_argument("--tiny", action="store_true", help="a BERT of two small layers")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--burst", type=int, default=BURST, help="requests at once")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        folder = asked.student or make_student(Path(room), asked.tiny)
        print(f"load of this machine: {os.getloadavg()[0]:.1f}")
        ratio = load(folder, asked.seconds)
        sound = faults(folder, Path(room), asked.burst)
    print(f"p95 over direct call: {ratio:.2f} (target {TARGET:g})")
    return 0 if sound and ratio <= TARGET else 1


def make_student(room: Path, tiny: bool) -> Path:
    model = str(save_base(room / "base")) if tiny else "embedded:minilm"
    config = StudentConfig(model=model, max_length=64 if tiny else 256)
    Encoder.create(config, LABELS, seed=1).save(room / "student")
    return room / "student"


def texts() -> list[str]:
    """As many as clients, of different lengths."""
    return [" ".join((WORDS * 4)[: 6 + 2 * n]) for n in range(CLIENTS)]


# load


def load(folder: Path, seconds: float) -> float:
    direct = np.array(direct_calls(folder, seconds))
    with served(folder) as place:
        asyncio.run(clients(place, 1.0))  # once unmeasured
        took = np.array(asyncio.run(clients(place, seconds)))
    print(f"direct call of {CLIENTS} texts: {said(direct)}, {CLIENTS / direct.mean():.0f} texts/s")
    print(f"{CLIENTS} clients: {said(took)}, {len(took) / seconds:.0f} texts/s")
    return float(np.percentile(took, 95) / np.percentile(direct, 95))


def said(seconds: np.ndarray) -> str:
    shares = (50, 95, 99)
    return ", ".join(f"p{p} {1000 * np.percentile(seconds, p):.1f} ms" for p in shares)


def direct_calls(folder: Path, seconds: float) -> list[float]:
    student = load_student(folder)
    rows, took = texts(), list[float]()
    student.verdicts(rows)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        student.verdicts(rows)
        took.append(time.perf_counter() - began)
    return took


async def clients(place: Place, seconds: float) -> list[float]:
    """Seconds of each request of clients that ask again as soon as they are answered."""
    until = time.perf_counter() + seconds
    took: list[float] = []

    async def client(text: str) -> None:
        reader, writer = await asyncio.open_connection(*place)
        while time.perf_counter() < until:
            began = time.perf_counter()
            status, _ = await ask(reader, writer, json.dumps({"text": text}).encode())
            assert status == 200, status
            took.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*map(client, texts()))
    return took


# faults


def faults(folder: Path, room: Path, burst: int) -> bool:
    wrong = [fault for name, fault in FAULTS.items() if name != "timeout"]
    out = room / "teacher"
    with FakeChat(BRAIN, sometimes(1 / 6, 1, wrong)) as teacher:
        config = write_config(room, teacher.url, {"timeout_s": 60.0}, budget={"tokens": 10**9})
        more = ["--teacher", config, "--out", out, "--below", 1, "--timeout", 60]
        with served(folder, *more) as place:
            came = asyncio.run(misuse(place, burst))
            healthy = asyncio.run(one(place, b'{"text": "a positive lid"}'))[0] == 200
        balanced = True
        try:
            balances(out, teacher)
        except AssertionError as error:
            balanced = False
            print(f"the books are not what the teacher saw: {error}")
        print(f"teacher: {teacher.bill.requests} requests, {len(kept(out))} rows kept")
    print("answers:", ", ".join(f"{name}: {count}" for name, count in sorted(came.items())))
    strange = {name for name in came if name not in EXPECTED}
    print(
        f"healthy afterwards: {healthy}; ledger = stand-in: {balanced}; strange: {strange or '–'}"
    )
    return healthy and balanced and not strange


EXPECTED = frozenset({"burst 200", "burst 503", "huge 413", "no JSON 400", "slow 408"})


async def misuse(place: Place, burst: int) -> Counter[str]:
    """All at once; what came back, by what was done."""
    came: Counter[str] = Counter()

    async def count(name: str, body: bytes, announced: int | None = None) -> None:
        status, answer = await one(place, body, announced)
        assert status != 503 or b"retry-after" in answer.lower()
        came[f"{name} {status}"] += 1

    work = [count("slow", b'{"text": ', 500) for _ in range(20)]
    work += [count("huge", b"x" * 3_000_000) for _ in range(10)]
    work += [count("no JSON", b'{"text": ') for _ in range(20)]
    for number in range(burst):
        label = LABELS[number % 2]
        body = json.dumps({"text": f"lid number {number % 200} is {label}"}).encode()
        work.append(count("burst", body))
    await asyncio.gather(*work)
    return came


async def one(place: Place, body: bytes, announced: int | None = None) -> tuple[int, bytes]:
    """A request over a connection of its own; status 0 where nothing came back."""
    reader, writer = await asyncio.open_connection(*place)
    try:
        return await ask(reader, writer, body, announced)
    except (ConnectionError, asyncio.IncompleteReadError):
        return 0, b""
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def ask(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    body: bytes,
    announced: int | None = None,
) -> tuple[int, bytes]:
    host, port = writer.get_extra_info("peername")[:2]
    size = len(body) if announced is None else announced
    head = f"POST /predict HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {size}\r\n"
    writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
    await writer.drain()
    found = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", found, re.IGNORECASE)
    rest = await reader.readexactly(int(length[1]) if length else 0)
    return int(found.split()[1]), found + rest


@contextmanager
def served(folder: Path, *more: object) -> Iterator[Place]:
    """`evokd serve` in a process of its own; ended in order."""
    words = ["serve", folder, "--port", 0, *more]
    process = subprocess.Popen(
        [sys.executable, "-c", ENTRY, *map(str, words)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        found = re.match(r"http://([\d.]+):(\d+)", process.stdout.readline())
        assert found is not None, "the server did not start"
        yield found[1], int(found[2])
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0, "the server did not end in order"


if __name__ == "__main__":
    sys.exit(main())
