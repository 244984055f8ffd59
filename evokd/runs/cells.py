"""The cells of studies by their names: a folder's is a hash, what people say is the axes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evokd.runs.cache import FileCache
from evokd.runs.files import noted_lines
from evokd.runs.run import number

_KEPT = FileCache(64)


def described(
    method: str, task: str, variant: str | None, shots: int | None, seeds: str, budget: int | None
) -> str:
    """`evokd trec6 no_critic 1-shot seed 3 6,000 tokens`; what a cell doesn't depend on is None."""
    parts = (
        method,
        task,
        None if variant in ("default", method) else variant,
        None if shots is None else f"{shots}-shot",
        seeds,
        None if budget is None else f"{budget:,} tokens",
    )
    return " ".join(part for part in parts if part)


def title_of(row: Mapping[str, Any]) -> str:
    """The name of a line of cells.jsonl; its id where it says nothing else."""
    shots, seed, budget = (number(row.get(name)) for name in ("shots", "seed", "budget"))
    said = described(
        str(row.get("method") or ""),
        str(row.get("task") or ""),
        str(row.get("variant") or "") or None,
        None if shots is None else int(shots),
        "" if seed is None else f"seed {seed:.0f}",
        None if budget is None else int(budget),
    )
    return said or str(row.get("cell") or "")


def titles_in(study: Path) -> Mapping[str, str]:
    """A study's cells: path of the run below the study's folder → name."""

    def read() -> dict[str, str]:
        found: dict[str, str] = {}
        for row in noted_lines(study, "cells.jsonl", []):
            if isinstance(row.get("run"), str):
                found[row["run"]] = title_of(row)
        return found

    return _KEPT.get(study, [study / "cells.jsonl"], read)
