from __future__ import annotations

from pathlib import Path

import pytest

from student.folders import replacing, settle


def put(folder: Path, text: str) -> None:
    with replacing(folder) as new:
        (new / "file").write_text(text, encoding="utf-8")


def content(folder: Path) -> str:
    return (folder / "file").read_text(encoding="utf-8")


def test_creates_then_replaces(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    put(folder, "one")
    put(folder, "two")
    assert content(folder) == "two"
    assert [path.name for path in folder.parent.iterdir()] == ["b"]


def test_a_failed_write_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "b"
    put(folder, "one")
    with pytest.raises(RuntimeError), replacing(folder) as new:
        (new / "file").write_text("half", encoding="utf-8")
        raise RuntimeError
    assert content(folder) == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_killed_between_the_renames(tmp_path: Path) -> None:
    folder = tmp_path / "b"
    put(folder, "one")
    folder.rename(tmp_path / ".b.old")
    (tmp_path / ".b.new").mkdir()
    settle(folder)
    assert content(folder) == "one"
    put(folder, "two")
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_killed_after_the_renames(tmp_path: Path) -> None:
    folder = tmp_path / "b"
    put(tmp_path / ".b.old", "one")
    put(folder, "two")
    settle(folder)
    assert content(folder) == "two"
    assert not (tmp_path / ".b.old").exists()
