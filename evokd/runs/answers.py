"""The trained student of a run, asked: texts in, its verdicts out."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evokd.config import ConfigError, StudentConfig
from student.encoder.encoder import Encoder
from student.manifest import MANIFEST

PLACES = 6
"""Digits of a probability behind the point."""


def run_of(directory: Path) -> Path | None:
    """The run that a directory is, or that a student's folder lies in."""
    for run in (directory, directory.parent):
        if (run / "run.json").is_file() and (run / "config.yaml").is_file():
            return run
    return None


def load_student(directory: Path) -> Encoder:
    """The student of a run, or of its own folder.

    Raises:
        ConfigError: neither of them.
    """
    folder = directory if (directory / MANIFEST).is_file() else directory / "student"
    if not (folder / MANIFEST).is_file() and (directory / "run.json").is_file():
        raise ConfigError(
            f"{directory}: this run has no student yet; it is saved when the run is done"
            f" (`evokd resume {directory}` goes on with one that was interrupted)"
        )
    if not folder.is_dir():
        raise ConfigError(f"{directory}: holds no student (expected a run or a student's folder)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # stdout is for answers; stderr for what went wrong
        return Encoder.load(folder, StudentConfig())


def answers(student: Encoder, texts: Sequence[str]) -> list[dict[str, Any]]:
    """For each text `{"text", "label", "confidence", "margin"}`, the last two in [0, 1]."""
    return [
        {
            "text": text,
            "label": verdict.label,
            "confidence": round(verdict.confidence, PLACES),
            "margin": round(verdict.margin, PLACES),
        }
        for text, verdict in zip(texts, student.predict(texts), strict=True)
    ]


def probabilities(student: Encoder, texts: Sequence[str]) -> list[dict[str, float]] | None:
    """Label -> probability for each text; None for kinds without one distribution a text."""
    if student.kind not in ("classification", "pair"):
        return None
    found = student.probabilities(texts).tolist()
    return [
        {name: round(share, PLACES) for name, share in zip(student.labels, row, strict=True)}
        for row in found
    ]
