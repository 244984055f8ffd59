"""Rows by the score that a policy of memory gave them, kept and dropped, as the page shows them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from evokd.runs.row_values import read_row_values
from evokd.runs.run import Run
from evokd.viewer.bars import stacked
from evokd.viewer.table import Column, Table

SCORED = (
    Column("row", "row"),
    Column("score", "score", number=True),
    Column("kept", "kept"),
    Column("label", "label"),
    Column("text", "text"),
)


def rows_by_score(run: Run) -> dict[str, Any] | None:
    """Bars of the scores and a table of the rows; None where no row was scored."""
    found = read_row_values(run)
    if found is None:
        return None
    stacks: dict[str, Counter[str]] = {}
    for low, high, kept, gone in found.bins():
        name = f"{low:.3g}" if f"{low:.3g}" not in stacks else f"{low:.6g}"
        stacks[name if low < high else f"{low:.6g}"] = Counter(kept=kept, **{"not kept": gone})
    parts = ["kept", "not kept"] if found.gone else ["kept"]
    return {
        "said": found,
        "table": Table("Rows with their scores", SCORED, found.rows, len(found.rows)),
        "picture": stacked("Rows by their score", "score from", stacks, parts, "others"),
    }
