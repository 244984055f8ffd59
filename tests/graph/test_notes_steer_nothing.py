"""Readers' notes are for people: nothing that runs, trains, asks or scores knows of their file."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WINGS = ("graph", "agents", "student", "prompts", "evokd/teacher", "evokd/tasks", "evokd/ledger",
         "evokd/augment", "evokd/dasd", "evokd/studies")  # fmt: skip
WORDS = ("notes.jsonl", "store.notes", "runs.notes", "read_notes", "append_note", "note_of(")


@pytest.mark.parametrize("wing", WINGS)
def test_it_does_not_know_the_notes(wing: str) -> None:
    files = [path for path in (ROOT / wing).rglob("*") if path.suffix in (".py", ".j2", ".md")]
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not [word for word in WORDS if word in text], path


def test_the_words_are_those_of_the_module() -> None:
    """Else a new name would slip through the test above."""
    store = (ROOT / "evokd/store/notes.py").read_text(encoding="utf-8")
    runs = (ROOT / "evokd/runs/notes.py").read_text(encoding="utf-8")
    for word in ("notes.jsonl", "def append_note", "def note_of("):
        assert word in store
    assert "def read_notes" in runs
