"""Whether an exported student says what the student says: on rows of its task, and within limits.

The rows are those of test: they measure what is there and choose nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from evokd.config import RunError
from evokd.tasks.example import Example
from student.encoder.encoded import Encoded
from student.encoder.encoder import Encoder
from student.export.manifest import ExportForm, Quantize
from student.results import Prediction

Scores = dict[str, float]

LARGEST_DIFFERENCE = 0.01
"""Of two logits of the same weights; float32 in another order differs in the fifth digit."""
DIFFERING: dict[tuple[ExportForm, Quantize | None], float] = {
    ("onnx", None): 0.002,
    ("onnx", "int8"): 0.05,
    ("static", None): 0.25,
}
"""Largest share of rows whose answer may be another one."""


@dataclass(frozen=True)
class Parity:
    """A student beside its export."""

    rows: int
    largest_logit_difference: float
    """Over all outputs of all rows, before any temperature."""
    equal_answers: float
    """Share of rows with the same answer, in [0, 1]."""
    student: Scores
    """By metric, in [0, 1]."""
    exported: Scores
    """The same."""
    limit: float
    """Largest share of rows whose answer might have differed."""

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def check(self, form: ExportForm, quantize: Quantize | None, *, given: bool) -> None:
        """Refuse an export that is another student.

        Args:
            form: Of the export.
            quantize: What its weights are rounded to.
            given: Whether somebody named the limit; who did also takes other logits.

        Raises:
            RunError: saying what differs, and what to do.
        """
        differing = 1 - self.equal_answers
        if differing > self.limit + 1e-12:
            raise RunError(
                f"not exported: {differing:.1%} of {self.rows} test rows get another answer than"
                f" from the student, the limit is {self.limit:.1%}; {_remedy(form, quantize)}"
            )
        whole = form == "onnx" and quantize is None
        if whole and not given and self.largest_logit_difference > LARGEST_DIFFERENCE:
            raise RunError(
                f"not exported: logits differ by up to {self.largest_logit_difference:.3g} from the"
                f" student's, the limit is {LARGEST_DIFFERENCE:g}; `--limit` takes them as they are"
            )


def limit_of(form: ExportForm, quantize: Quantize | None, given: float | None) -> float:
    """The share of rows whose answer may differ."""
    return DIFFERING[form, quantize] if given is None else given


def compare(
    student: Encoder,
    exported: Encoder,
    rows: Sequence[Example],
    scores: Callable[[Sequence[Example], Sequence[str]], Scores],
    limit: float,
) -> Parity:
    """Ask both for the same rows.

    Args:
        student: As it was trained.
        exported: As it was read back from its folder.
        rows: One or more, with their labels.
        scores: Of the task.
        limit: See `Parity.limit`.
    """
    encoded = student.head.encode(
        student.tokenizer, [row.text for row in rows], None, student.config.max_length
    )
    largest = 0.0
    said: dict[int, Prediction] = {}
    says: dict[int, Prediction] = {}
    both = zip(student._outputs(encoded), exported._outputs(encoded), strict=True)
    for (chosen, ours), (_, theirs) in both:
        largest = max(largest, _difference(student, encoded, chosen, ours - theirs))
        said |= zip(chosen, student.head.predictions(ours, encoded, chosen), strict=True)
        says |= zip(chosen, exported.head.predictions(theirs, encoded, chosen), strict=True)
    before = [said[place].label for place in range(len(rows))]
    after = [says[place].label for place in range(len(rows))]
    return Parity(
        rows=len(rows),
        largest_logit_difference=largest * (student.temperature or 1.0),
        equal_answers=sum(a == b for a, b in zip(before, after, strict=True)) / len(rows),
        student=scores(rows, before),
        exported=scores(rows, after),
        limit=limit,
    )


def _difference(
    student: Encoder, rows: Encoded, chosen: Sequence[int], difference: torch.Tensor
) -> float:
    """The largest, padding left out: nobody reads what a network says of it."""
    if student.head.auto == "token":
        lengths = torch.tensor([rows.lengths[place] for place in chosen])
        real = torch.arange(difference.shape[1])[None, :] < lengths[:, None]
        difference = difference[real]
    return float(difference.abs().max())


def _remedy(form: ExportForm, quantize: Quantize | None) -> str:
    loosen = "a larger `--limit` takes it as it is"
    if quantize is not None:
        return f"leave out `--quantize`, or {loosen}"
    if form == "static":
        return f"`--format onnx --quantize int8` keeps more of it, or {loosen}"
    return loosen
