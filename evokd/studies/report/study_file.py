"""What a study's file says, as far as the report needs it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from evokd.config import ConfigError

STUDY = "study.yaml"
MARGIN = 0.02


class StudyFile(NamedTuple):
    """The fields."""

    name: str
    kind: str
    """few_shot, ablation, token_curve, adaptability, strategy; empty where not said."""
    command: str
    """What was typed; a line each."""
    cells: int | None
    """How many cells the whole study has; None where not said."""
    variants: tuple[str, ...]
    """Names of the variants, in the file's order."""
    unchanged: tuple[str, ...]
    """Those that override nothing."""
    source: str
    """The file as it is."""
    overrides: Mapping[str, Mapping[str, Any]] = {}
    """Variant → what it changes."""
    margin: float = MARGIN
    """Two methods are equivalent if their scores surely differ by less."""
    against: str = ""
    """The variant or method that all others are held against; empty where not said."""


def read_study_file(path: Path) -> StudyFile:
    """Read study.yaml; without one the study is called after its folder."""
    source = path.read_text(encoding="utf-8") if path.is_file() else ""
    try:
        raw: Any = yaml.safe_load(source) or {}
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: expected keys and values, not {type(raw).__name__}")
    command = raw.get("command") or ""
    lines = command if isinstance(command, list) else [command]
    cells = raw.get("cells")
    variants = _variants(raw.get("grid"))
    return StudyFile(
        name=str(raw.get("name") or path.parent.resolve().name),
        kind=str(raw.get("kind") or ""),
        command="\n".join(str(line) for line in lines),
        cells=len(cells) if isinstance(cells, list) else cells if type(cells) is int else None,
        variants=tuple(variants),
        unchanged=tuple(name for name, changes in variants.items() if not changes),
        source=source,
        overrides={name: one for name, one in variants.items() if isinstance(one, dict)},
        margin=_margin(raw.get("study")),
        against=_against(raw.get("study")),
    )


def _margin(section: Any) -> float:
    given = section.get("margin") if isinstance(section, dict) else None
    return float(given) if isinstance(given, int | float) and 0 < given < 1 else MARGIN


def _against(section: Any) -> str:
    given = section.get("against") if isinstance(section, dict) else None
    return given if isinstance(given, str) else ""


def _variants(grid: Any) -> dict[str, Any]:
    found = grid.get("variant") if isinstance(grid, dict) else None
    return {str(name): value for name, value in found.items()} if isinstance(found, dict) else {}
