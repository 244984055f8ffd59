"""A server in a process of its own, killed or asked to end: what is booked, answered and kept."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import pytest

from evokd.serving.server import At
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import slow
from tests.serving.conftest import Serve
from tests.serving.running import Running
from tests.serving.teacher import BRAIN, balances, books, kept, write_config

Process = subprocess.Popen[str]
ENTRY = "import sys; from evokd.cli import main; main()"


def test_a_kill_loses_nothing_that_was_booked_or_answered(
    serve: Serve, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    hanging = threading.Event()

    with FakeChat(BRAIN, lambda _: slow(60) if hanging.is_set() else None) as teacher:
        config = write_config(tmp_path, teacher.url)
        with process_of(folder, config, out) as (process, server):
            assert server.predict({"text": "a positive lid"}).data["by"] == "teacher"
            hanging.set()
            with ThreadPoolExecutor(1) as pool:
                in_vain = pool.submit(server.predict, {"text": "a negative lamp"})
                wait_for(process, lambda: teacher.bill.requests == 2)
                process.kill()
                with pytest.raises((OSError, HTTPException)):
                    in_vain.result(60)
        document = books(out)
        assert document["billed"]["calls"] == teacher.bill.requests == 2
        assert document["open_calls"] == document["estimated_calls"] == 1
        assert [row["text"] for row in kept(out)] == ["a positive lid"]
        hanging.clear()
        with serve(teacher=config, out=out, below=1.0) as server:  # it goes on where it was
            assert server.predict({"text": "a positive lid"}).data["by"] == "teacher"
            assert server.predict({"text": "a negative lamp"}).data["label"] == "negative"
        assert books(out)["billed"]["calls"] == teacher.bill.requests == 3
    assert [row["label"] for row in kept(out)] == ["positive", "negative"]


def test_a_sigterm_answers_what_was_accepted(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with FakeChat(BRAIN, lambda _: slow(1.5)) as teacher:
        config = write_config(tmp_path, teacher.url)
        with (
            process_of(folder, config, out) as (process, server),
            ThreadPoolExecutor(1) as pool,
        ):
            asked = pool.submit(server.predict, {"text": "a positive lid"})
            wait_for(process, lambda: teacher.bill.requests == 1)
            process.terminate()
            line = asked.result(60).data
            assert process.wait(60) == 0
        assert (line["label"], line["by"]) == ("positive", "teacher")
        balances(out, teacher)
    assert [row["label"] for row in kept(out)] == ["positive"]


@contextlib.contextmanager
def process_of(folder: Path, config: Path, out: Path) -> Iterator[tuple[Process, Running]]:
    """`evokd serve` as a user runs it, with a teacher that is asked of every text."""
    words = ["serve", folder, "--port", "0", "--teacher", config, "--out", out, "--below", "1"]
    with subprocess.Popen(
        [sys.executable, "-c", ENTRY, *map(str, words)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            found = re.match(r"http://\S+", process.stdout.readline())
            assert found is not None
            yield process, Running(At(found[0], True, False, ()), lambda: None)
        finally:
            process.kill()


def wait_for(process: Process, there: Callable[[], bool]) -> None:
    while not there():
        assert process.poll() is None
        time.sleep(0.01)
