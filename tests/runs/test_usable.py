"""The share of usable replies by role, and what is said where it is small."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evokd.ledger.call import CallEnd, CallStart, Usage
from evokd.ledger.edge import Edge
from evokd.ledger.ledger import Ledger
from evokd.runs.run import Run
from evokd.runs.usable import NO_JSON, complaints, read_usable
from evokd.store.event_log import EventLog
from evokd.store.events import Mended, Misread


def made(folder: Path, role: str, usable: int, unusable: int, **misread: Any) -> Run:
    """A run with so many replies to a role."""
    events, told = EventLog(folder / "events.sqlite"), {"reason": "no", "finish": "stop", **misread}
    with Ledger(folder / "ledger.sqlite") as ledger:
        for number in range(usable + unusable):
            start = CallStart(role, "m", 0, f"k{number}", 1, "t", "s", "p", 1, 9, None)
            call = ledger.open(Edge("warm_up", role, "run", "task", 1, 1), start)
            ok = number < usable
            end = CallEnd("ok" if ok else "rejected", Usage(1, 1), error=None if ok else "no")
            ledger.close(call, start, end)
            if not ok:
                events.add(
                    Misread(call=call, agent=role, slot="k", task="task", repair=False, **told)
                )
    events.add(Mended(agent=role, slot="k", task="task", how=["cut", "wrapped", "cut"]))
    events.close()
    return Run("made", folder)


def test_shares_and_mends_are_counted(tmp_path: Path) -> None:
    (one,) = read_usable(made(tmp_path, "labeler", 9, 1))
    assert (one.role, one.came, one.usable, one.share) == ("labeler", 10, 9, 0.9)
    assert one.mended == {"cut": 2, "wrapped": 1}
    assert complaints([one], {}) == {}


def test_a_run_of_before_has_shares_but_no_reasons(tmp_path: Path) -> None:
    run = made(tmp_path, "labeler", 1, 5)
    (tmp_path / "events.sqlite").unlink()
    (one,) = read_usable(run)
    assert (one.came, one.misread) == (6, 0)
    assert "1 of 6 replies could be used (17%)" in complaints([one], {})["labeler"]


def test_few_replies_say_nothing(tmp_path: Path) -> None:
    assert complaints(read_usable(made(tmp_path, "critic", 1, 3)), {}) == {}


BROKEN = "not valid JSON, and nothing in it is whole"
LOOSE = {"teachers": {"default": [{"structured": "none"}]}, "prompts": {"pack": "evokd"}}


@pytest.mark.parametrize(
    ("config", "misread", "cause"),
    [
        ({}, {"finish": "length"}, "max_tokens"),
        (LOOSE, {"reason": BROKEN}, "structured: none"),
        (LOOSE, {"reason": BROKEN, "finish": "length"}, "max_tokens"),
        ({"prompts": {"pack": "evokd"}}, {"reason": NO_JSON}, "pack evokd is likely the wrong"),
        ({"teachers": {"default": LOOSE}}, {"reason": "tied"}, "most frequent reason: tied"),
        ({"teachers": [], "prompts": 3}, {"reason": BROKEN}, f"most frequent reason: {BROKEN}"),
    ],
)
def test_the_likely_cause_is_named(
    config: dict[str, Any], misread: dict[str, str], cause: str, tmp_path: Path
) -> None:
    found = read_usable(made(tmp_path, "labeler", 7, 3, **misread))
    text = complaints(found, config)["labeler"]
    assert text.startswith("labeler: only 7 of 10 replies could be used (70%)")
    assert cause in text
