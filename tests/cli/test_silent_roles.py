"""A run whose server refuses everything: exit code 1, its words, the key that helps, a way on."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

import evokd.cli.live as live
from evokd.cli.progress import Progress
from evokd.config import load_config
from evokd.store.events import Stopped, Warned
from evokd.store.run_dir import RunDir
from tests.cli.conftest import Evokd
from tests.servers.brain import Brain
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import every, status

BRAIN = Brain(("negative", "positive"))
REFUSAL = "The model takes no such texts."


@pytest.fixture
def refused(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    monkeypatch.setenv("EVOKD_FAKE_KEY", "sk-fake-0123456789")
    return ["--out", tmp_path / "run", "--set", "loop.rounds=1"]


def teachers(server: FakeChat) -> list[object]:
    given = f"{{model: fake, base_url: '{server.url}', api_key_env: EVOKD_FAKE_KEY}}"
    return ["--set", f"teachers={{default: {given}}}"]


def test_every_request_refused(
    evokd: Evokd, config: Path, refused: list[object], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    with FakeChat(BRAIN, every(1, status(400, REFUSAL))) as server:
        result = evokd("run", config, *refused, *teachers(server))
        assert result.exit_code == 1, result.output
        said = " ".join(result.stderr.split())
        assert "the run failed: " in said and REFUSAL in said
        assert "`teachers.default.model`" in said
        assert f"{run}/config.yaml" in said and f"evokd resume {run}" in said
        out = " ".join(result.stdout.split())
        assert "failed: easy_generator: its only call was no use (fake): HTTP 400" in out
        assert "done:" not in out and "try it:" not in out
        assert "FAILED trainer: hard_generator got nothing in round 1" in out

        server.plan = lambda _: None
        again = evokd("resume", run)
        assert again.exit_code == 0, again.output
        assert "done: 1 rounds done" in again.stdout
    assert RunDir(run).run()["status"] == "done"


def test_a_silent_critic_is_said_at_the_end(
    evokd: Evokd, config: Path, refused: list[object], tmp_path: Path
) -> None:
    with FakeChat(BRAIN, every(1, status(400, REFUSAL), "critic")) as server:
        result = evokd("run", config, *refused, *teachers(server))
    assert result.exit_code == 0, result.output
    out = " ".join(result.stdout.split())
    assert "FAILED trainer: critic got nothing in round 1" in out
    assert "every row that it should have judged is rejected" in out
    assert "FAILED: critic: its only call was no use (fake)" in out
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    (grave,) = re.findall(r'<li class="failed" dir="auto">(.*?)</li>', report)
    assert "critic got nothing in round 1" in grave
    traced = evokd("trace", tmp_path / "run")
    assert "FAILED: trainer: critic got nothing in round 1" in " ".join(traced.stdout.split())


def test_what_failed_is_red_on_a_terminal(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, color_system="standard", width=120)
    monkeypatch.setattr(live, "_is_terminal", lambda: True)
    monkeypatch.setattr(live, "console", lambda: terminal)
    with Progress(tmp_path / "run", load_config(config)) as progress:
        progress(Warned(node="trainer", text="labeler got nothing", grave=True))
        progress(Warned(node="trainer", text="a small matter"))
        progress(Stopped(status="failed", reason="of no use"))
    lines = screen.getvalue().splitlines()
    red = [line for line in lines if "\x1b[1;31m" in line]
    assert [word for word in ("got nothing", "of no use", "small") if word in "".join(red)] == [
        "got nothing",
        "of no use",
    ]
