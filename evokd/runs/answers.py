"""The trained student of a run, asked: texts in, its verdicts out."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evokd.config import ConfigError, StudentConfig, TaskKind
from evokd.store.run_dir import SERVING, RunDir
from evokd.tasks.label_sets import decode
from student.export.manifest import is_exported
from student.manifest import MANIFEST
from student.results import Prediction

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from student.encoder.encoder import Encoder

PLACES = 6
"""Digits of a probability behind the point."""


def run_of(directory: Path) -> Path | None:
    """The run that a directory is, or that a student's folder lies in."""
    for run in (directory, directory.parent):
        if (run / "run.json").is_file() and (run / "config.yaml").is_file():
            return run
    return None


def student_folder(directory: Path) -> Path:
    """Where the student of a run, a student's folder or an exported one lies; loads nothing.

    Raises:
        ConfigError: there is none.
    """
    for folder in (directory, directory / "student"):
        if (folder / MANIFEST).is_file() or is_exported(folder):
            return folder
    if (directory / "run.json").is_file():
        if RunDir(directory).run().get("status") == SERVING:
            raise ConfigError(f"{directory}: holds the books of `evokd serve`, no student")
        raise ConfigError(
            f"{directory}: this run has no student yet; it is saved when the run is done"
            f" (`evokd resume {directory}` goes on with one that was interrupted)"
        )
    if not (directory / "student").is_dir():
        raise ConfigError(
            f"{directory}: holds no student (expected a run, a student's folder or an exported one)"
        )
    return directory / "student"


def load_student(directory: Path) -> Encoder:
    """The student of a run, of its own folder, or as it was exported (`evokd export`).

    Raises:
        ConfigError: none of them, or weights other than those that were saved.
    """
    from student.encoder.encoder import Encoder  # it brings torch
    from student.export.loading import load_exported

    folder = student_folder(directory)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # stdout is for answers; stderr for what went wrong
        if is_exported(folder):
            return load_exported(folder)
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
        abstain_below: Least confidence of an answer, see `check_abstention`; None: what was
            exported with the student, else every text is answered.

    Returns:
        `{"text", "label", "confidence", "margin"}` each, the last two in [0, 1], the label of
        `multilabel` a list of names; then, as asked for, `probabilities` by label. With
        `abstain_below` there are `abstained` and `likeliest` beside, and `label` is None where the
        student abstains.
    """
    abstain_below = student.abstain_below if abstain_below is None else abstain_below
    verdicts, logs = student.verdicts(texts)
    chosen = logs if probabilities else None
    lines = said(student.labels, student.kind, texts, verdicts, chosen, abstain_below)
    if probabilities and student.kind == "multilabel":  # of each label its own
        for line, each in zip(lines, student.probabilities(texts).tolist(), strict=True):
            line["probabilities"] = {
                name: round(p, PLACES) for name, p in zip(student.labels, each, strict=True)
            }
    return lines


def said(
    labels: Sequence[str],
    kind: TaskKind,
    texts: Sequence[str],
    verdicts: Sequence[Prediction],
    logs: npt.NDArray[np.float32] | None = None,
    abstain_below: float | None = None,
) -> list[dict[str, Any]]:
    """Verdicts in the form of `answers`.

    Args:
        labels: Of the student.
        kind: Of its task.
        texts: As they were asked.
        verdicts: One a text.
        logs: Log-probabilities, float32 [texts, answers], of which probabilities are to be said.
        abstain_below: As of `answers`.
    """
    pairs = zip(texts, verdicts, strict=True)
    lines = [_line(*pair, kind, abstain_below) for pair in pairs]
    if logs is not None:
        for line, row in zip(lines, logs.tolist(), strict=True):
            line["probabilities"] = {
                name: round(math.exp(log), PLACES)
                for name, log in zip(labels, row, strict=False)
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


def given_label(kind: TaskKind, label: str) -> str | list[str]:
    """A label as answers give it: of `multilabel` a list of names."""
    return list(decode(label)) if kind == "multilabel" else label


def _line(
    text: str, verdict: Prediction, kind: TaskKind, abstain_below: float | None
) -> dict[str, Any]:
    given = given_label(kind, verdict.label)
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
