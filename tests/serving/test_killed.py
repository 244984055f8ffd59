"""A server that is killed: the books hold what the teacher saw, the rows what was answered."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

from evokd.serving.server import At
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import slow
from tests.serving.conftest import Serve
from tests.serving.running import Running
from tests.serving.teacher import BRAIN, books, kept, write_config

ENTRY = "import sys; from evokd.cli import main; main()"


def test_a_kill_loses_nothing_that_was_booked_or_answered(
    serve: Serve, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    hanging = threading.Event()

    with FakeChat(BRAIN, lambda _: slow(60) if hanging.is_set() else None) as teacher:
        config = write_config(tmp_path, teacher.url)
        words = ["serve", folder, "--port", "0", "--teacher", config, "--out", out, "--below", "1"]
        process = subprocess.Popen(
            [sys.executable, "-c", ENTRY, *map(str, words)], stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            found = re.match(r"http://\S+", process.stdout.readline())
            assert found is not None
            server = Running(At(found[0], True, False, ()), lambda: None)
            assert server.predict({"text": "a positive lid"}).data["by"] == "teacher"
            hanging.set()
            waiting = threading.Thread(target=_ask_in_vain, args=(server,))
            waiting.start()
            while teacher.bill.requests < 2:
                assert process.poll() is None
                hanging.wait(0.01)
            os.kill(process.pid, signal.SIGKILL)
            waiting.join(60)
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
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


def _ask_in_vain(server: Running) -> None:
    try:
        server.predict({"text": "a negative lamp"})
    except OSError:
        return
    raise AssertionError("a killed server does not answer")
