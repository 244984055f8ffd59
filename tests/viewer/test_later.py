"""Sums beside the pages: waited for a moment, kept, made anew when their files have changed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from evokd.viewer.later import Later


def test_what_is_quick_is_there_at_once_and_made_once(tmp_path: Path) -> None:
    made: list[int] = []
    later, file = Later(2), tmp_path / "file"

    def make() -> int:
        made.append(1)
        return len(made)

    file.write_text("1", encoding="utf-8")
    for _ in range(3):
        assert later.get("key", [file], make, 30) == 1
    file.write_text("22", encoding="utf-8")
    assert later.get("key", [file], make, 30) == 2


def test_a_page_does_not_wait_for_long(tmp_path: Path) -> None:
    later, file, go = Later(2), tmp_path / "file", threading.Event()
    file.write_text("1", encoding="utf-8")

    def slow() -> str:
        go.wait(30)
        return "sum"

    assert later.get("key", [file], slow, 0.01) is None
    assert later.get("key", [file], slow, 0.01) is None, "it is not begun again"
    go.set()
    assert later.get("key", [file], slow, 30) == "sum"
    go.clear()
    file.write_text("22", encoding="utf-8")
    assert later.get("key", [file], slow, 0.01) == "sum", "what was known before"
    go.set()


def test_what_goes_wrong_is_raised_and_tried_again(tmp_path: Path) -> None:
    later, file = Later(1), tmp_path / "file"
    file.write_text("1", encoding="utf-8")

    def broken() -> int:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        later.get("key", [file], broken, 30)
    file.write_text("22", encoding="utf-8")
    assert later.get("key", [file], lambda: 3, 30) == 3
    assert later.get("other", [file], lambda: 4, 30) == 4
