from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evokd.runs.no_analysis import why_none
from evokd.runs.run import read_run
from evokd.store.events import Budgeted, NodeEnded, NodeStarted, Warned
from tests.runs.made_run import Maker
from tests.viewer.failing_run import fail

BROKEN = "the reply holds no JSON object"


def nothing(maker: Maker) -> None:
    """The analyst was not woken in the round."""


def unusable(maker: Maker) -> None:
    fail(maker, 2, "trainer", "analyst", "rejected", BROKEN)
    maker.emit(Warned(text=f"no analysis this round: {BROKEN}"), 2, "analyst")


def refused(maker: Maker) -> None:
    fail(maker, 2, "trainer", "analyst", "error", "HTTP 500: down")


def poor(maker: Maker) -> None:
    told = Budgeted(limit="calls", agent="analyst", spent=1, allowed=1, reached=True)
    maker.emit(told, 2, "analyst")


def idle(maker: Maker) -> None:
    maker.emit(NodeStarted(source="trainer", task="t"), 2, "analyst")
    maker.emit(NodeEnded(task="t", seconds=0.1), 2, "analyst")


@pytest.mark.parametrize(
    ("happened", "words", "failed", "leads"),
    [
        (unusable, f"its replies could not be used: {BROKEN}", True, True),
        (refused, "The analyst's call failed: HTTP 500: down", True, True),
        (poor, "no call of it fitted into the budget", False, False),
        (idle, "nothing was left to write in this round", False, False),
        (nothing, "not asked in this round", False, False),
    ],
)
def test_a_round_says_why_it_has_no_analysis(
    tmp_path: Path, happened: Callable[[Maker], None], words: str, failed: bool, leads: bool
) -> None:
    maker = Maker(tmp_path / "run")
    maker.round(1, ["a", "b"])
    happened(maker)
    maker.score(2, 0.5, 0, 0)
    made = maker.end()
    found = why_none(read_run(made.path), 2, ever=True)
    assert words in found.why
    assert found.failed is failed
    assert found.call == (made.calls[-1] if leads else None)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("loop: {switches: {analysis: false}}", "Switched off"),
        ("loop: {feedback: {analysis: none}}", "Switched off"),
        ("loop: {feedback: {analysis: rules}}", "Made by rules"),
        ("loop: {feedback: null}", "has no analyst"),
    ],
)
def test_what_is_switched_off_is_said(tmp_path: Path, config: str, words: str) -> None:
    made = Maker(tmp_path / "run").end()
    (made.path / "config.yaml").write_text(f"method: zerogen\n{config}\n", encoding="utf-8")
    assert words in why_none(read_run(made.path), 1, ever=False).why


def test_a_damaged_trace_is_said(tmp_path: Path) -> None:
    made = Maker(tmp_path / "run").end()
    (made.path / "events.sqlite").write_bytes(b"nothing")
    assert "can't be read" in why_none(read_run(made.path), 1, ever=True).why
