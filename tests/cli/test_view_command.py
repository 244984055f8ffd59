from __future__ import annotations

import re
import socket
import threading
import webbrowser
from pathlib import Path

import pytest
import uvicorn

from evokd.web.listening import listen
from tests.cli.conftest import Evokd
from tests.runs.made_run import make_run


def test_a_port_that_is_taken_names_another(evokd: Evokd, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = evokd("view", tmp_path, "--port", port)
    assert result.exit_code == 2
    assert f"--port {port}: is in use; name another one: `--port" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_that_is_none_is_named(evokd: Evokd, tmp_path: Path) -> None:
    result = evokd("view", tmp_path / "nothing")
    assert result.exit_code == 2
    assert "nothing: is no folder" in result.stderr


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_a_port_that_is_none_is_refused(evokd: Evokd, tmp_path: Path, port: str) -> None:
    assert evokd("view", tmp_path, "--port", port).exit_code == 2


def test_it_listens_on_this_machine_alone() -> None:
    with listen(0) as found:
        assert found.getsockname()[0] == "127.0.0.1"


def test_report_writes_beside_the_run_or_where_told(evokd: Evokd, tmp_path: Path) -> None:
    made = make_run(tmp_path / "run")
    result = evokd("report", made.path)
    assert result.exit_code == 0, result.stderr
    beside = (made.path / "report.html").read_text(encoding="utf-8")
    assert "Great phone." in beside
    assert evokd("report", made.path, "--out", tmp_path / "other.html").exit_code == 0
    assert (tmp_path / "other.html").read_text(encoding="utf-8") == beside


def test_report_of_neither_run_nor_study_is_refused(evokd: Evokd, tmp_path: Path) -> None:
    result = evokd("report", tmp_path)
    assert result.exit_code == 2
    assert "holds neither a run" in result.stderr
    result = evokd("report", make_run(tmp_path / "run").path, "--out", tmp_path / "no" / "x.html")
    assert result.exit_code == 2 and "can't be written" in result.stderr


@pytest.mark.parametrize("name", ["ledger.sqlite", "events.sqlite"])
def test_report_of_a_damaged_run_is_written_and_fails(
    evokd: Evokd, tmp_path: Path, name: str
) -> None:
    made = make_run(tmp_path / "run")
    (made.path / name).write_bytes(b"no database, " * 100)
    result = evokd("report", made.path)
    assert result.exit_code == 1
    assert f"{name}: can't be read" in result.output
    assert name in (made.path / "report.html").read_text(encoding="utf-8")


def test_a_run_leaves_its_report(finished: tuple[Path, object]) -> None:
    assert "State machine" in (finished[0] / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the browser was asked to open; the server ends as soon as it would wait for requests."""
    opened: list[str] = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: None)

    def take(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", take)
    monkeypatch.setattr(threading.Thread, "start", lambda thread: thread.run())
    return opened


def test_on_loopback_only_verdicts_need_the_token(
    evokd: Evokd, tmp_path: Path, told: list[str]
) -> None:
    for host in ("127.0.0.1", "localhost"):
        result = evokd("view", tmp_path, "--port", 0, "--host", host)
        assert result.exit_code == 0, result.stderr
        to_look, to_decide = result.stdout.splitlines()
        assert "token=" not in to_look and result.stderr == ""
        assert re.search(r"give verdicts .*/\?token=[\w-]{40,}", to_decide)
    assert told == []


def test_another_address_warns_and_names_the_token_once(
    evokd: Evokd, tmp_path: Path, told: list[str]
) -> None:
    result = evokd("view", tmp_path, "--port", 0, "--host", "0.0.0.0", "--open")
    assert result.exit_code == 0, result.stderr
    assert "warning: others can reach this" in result.stderr
    (token,) = re.findall(r"/\?token=([\w-]{40,})", result.stdout)
    assert token not in result.stderr
    assert len(told) == 1 and told[0].startswith("http://127.0.0.1:") and told[0].endswith(token)
    again = evokd("view", tmp_path, "--port", 0, "--host", "0.0.0.0")
    assert token not in again.stdout, "each start has its own"


def test_open_opens_the_browser(evokd: Evokd, tmp_path: Path, told: list[str]) -> None:
    result = evokd("view", tmp_path, "--port", 0, "--open")
    assert told == [result.stdout.split()[0]]


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host", "x" * 300])
def test_a_host_that_is_not_ours_is_refused(evokd: Evokd, tmp_path: Path, host: str) -> None:
    result = evokd("view", tmp_path, "--port", 0, "--host", host)
    assert result.exit_code == 2
    assert f"--host {host[:20]}" in result.stderr and "Traceback" not in result.stderr
