"""Texts and labels of rows out of the files of the rounds: for runs of before the events had them.

A seed shot then stood only where the student's feedback was written down: in the analysis it was
shown to, or in the predictions of its round.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evokd.store.run_dir import RunDir


def known_rows(run: RunDir) -> dict[str, dict[str, Any]]:
    """By row id: row, text, label, predicted, margin, mark. A damaged line or file is left out."""
    known: dict[str, dict[str, Any]] = {}
    for folder in sorted((run.path / "rounds").glob("[0-9]*")):
        for row in _lines(folder / "predictions.jsonl"):
            known[row["row"]] = row
        for row in _analysis(folder / "analysis.json"):
            known.setdefault(row["row"], row)
    return known


def _lines(file: Path) -> list[dict[str, Any]]:
    rows = []
    for line in _text(file).splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        rows += _valid([row])
    return rows


def _analysis(file: Path) -> list[dict[str, Any]]:
    try:
        document = json.loads(_text(file) or "{}")
    except ValueError:
        return []
    return _valid(document.get("rows", []) if isinstance(document, dict) else [])


def _valid(rows: list[Any]) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict) and isinstance(row.get("row"), str)]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
