"""What a terminal shows: the same lines as a pipe, wrapped, and a display below them."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from evokd.cli import live, progress
from evokd.cli.live import LiveScreen
from evokd.cli.progress import Progress
from evokd.store.events import Begun, Interrupted, NodeEnded, NodeStarted, Scored
from tests.cli.test_meter import config


class FakeTerminal:
    """A terminal of so many columns, in memory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
        self.file = io.StringIO()
        made = Console(
            file=self.file, force_terminal=True, width=columns, height=40, color_system=None
        )
        monkeypatch.setattr(live, "_is_terminal", lambda: True)
        monkeypatch.setattr(live, "console", lambda: made)
        monkeypatch.setattr(progress, "console", lambda: made)

    @property
    def text(self) -> str:
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.file.getvalue()).replace("\r", "")


def begun() -> Begun:
    return Begun(run="r", name="tiny", method="evokd", seed=1, resumed=False)


@pytest.mark.parametrize("columns", [80, 120])
def test_a_terminal_shows_the_lines_of_a_pipe(
    columns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = FakeTerminal(monkeypatch, columns)
    with Progress(tmp_path, config(loop={"rounds": 4})) as heard:
        heard(begun())
        heard(NodeStarted(round=1, node="analyst", source="warm_up", task="t"))
        heard(NodeEnded(round=1, node="analyst", task="t", seconds=1.5))
        heard(Interrupted(again=False))
        heard(Interrupted(again=True))
    assert re.search(r"^ +\d\d:\d\d  round 1  analyst +0\.\d s$", terminal.text, re.MULTILINE)
    assert "interrupt  stopping after this step; again to abort it" in terminal.text
    assert "interrupt  aborting this step" in terminal.text
    assert "round   1 of 4 · … " in terminal.text
    written = terminal.text.split("round   0")[0]
    assert all(len(line) <= columns for line in written.splitlines())


def test_a_long_line_hangs_under_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = FakeTerminal(monkeypatch, 80)
    with Progress(tmp_path, config()) as heard:
        heard(begun())
        test = {"macro_f1": 0.5, "accuracy": 0.6}
        heard(Scored(round=1, dev=test, test=test, billed_tokens=9, accepted=1, rejected=0))
    lines = terminal.text.splitlines()
    (at,) = [number for number, line in enumerate(lines) if "round 1  scores" in line]
    assert [line[:19].strip() for line in lines[at + 1 : at + 3]] == ["", ""]
    assert " ".join(line.strip() for line in lines[at : at + 3]).endswith("9 tokens billed")
    assert all(len(line) <= 80 for line in lines[at : at + 3])


def test_a_pipe_gets_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    LiveScreen(lambda: pytest.fail("a pipe has no display")).say("word " * 60, hang=19)
    assert capsys.readouterr().out == "word " * 59 + "word\n"
