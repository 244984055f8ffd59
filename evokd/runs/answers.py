"""The trained student of a run, asked: texts in, its verdicts out."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evokd.config import ConfigError, StudentConfig, TaskKind
from evokd.tasks.label_sets import decode
from student.encoder.encoder import Encoder
from student.manifest import MANIFEST
from student.results import Prediction

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


def answers(
    student: Encoder,
    texts: Sequence[str],
    *,
    probabilities: bool = False,
    abstain_below: float | None = None,
) -> list[dict[str, Any]]:
    """What the student says of each text, in one pass.

    A student whose temperature was fitted gives calibrated numbers.

    Args:
        student: Who is asked.
        texts: In the form of its kind.
        probabilities: Say how probable each answer is, where the kind has that.
        abstain_below: Least confidence of an answer, see `check_abstention`; None: every text is
            answered.

    Returns:
        `{"text", "label", "confidence", "margin"}` each, the last two in [0, 1], the label of
        `multilabel` a list of names; then, as asked for, `probabilities` by label. With
        `abstain_below` there are `abstained` and `likeliest` beside, and `label` is None where the
        student abstains.
    """
    verdicts, logs = student.verdicts(texts)
    pairs = zip(texts, verdicts, strict=True)
    lines = [_line(*pair, student.kind, abstain_below) for pair in pairs]
    if probabilities and student.kind == "multilabel":  # of each label its own
        for line, each in zip(lines, student.probabilities(texts).tolist(), strict=True):
            line["probabilities"] = {
                name: round(p, PLACES) for name, p in zip(student.labels, each, strict=True)
            }
    if probabilities and logs is not None:
        for line, row in zip(lines, logs.tolist(), strict=True):
            line["probabilities"] = {
                name: round(math.exp(log), PLACES)
                for name, log in zip(student.labels, row, strict=False)
                if log > -math.inf
            }
    return lines


def check_abstention(least: float | None, key: str) -> None:
    """Refuse what is no confidence.

    Raises:
        ConfigError: naming the key.
    """
    if least is not None and not 0 < least <= 1:  # NaN is neither
        raise ConfigError(
            f"{key}: expected the least confidence of an answer, above 0 and at most 1 (0.8);"
            f" got {least:g}"
        )


def _line(
    text: str, verdict: Prediction, kind: TaskKind, abstain_below: float | None
) -> dict[str, Any]:
    given = list(decode(verdict.label)) if kind == "multilabel" else verdict.label
    line: dict[str, Any] = {
        "text": text,
        "label": given,
        "confidence": round(verdict.confidence, PLACES),
        "margin": round(verdict.margin, PLACES),
    }
    if abstain_below is None:
        return line
    abstained = verdict.confidence < abstain_below
    label = None if abstained else given
    return line | {"label": label, "abstained": abstained, "likeliest": given}
