"""Students that learn nothing: their verdicts have the usual share of errors, in no time."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evokd.config import Config
from evokd.tasks.example import Example
from graph.core.student_store import StudentStore
from graph.dasd.causal_store import CausalStore
from graph.dry_run.material import Material
from student.encoder.training_plan import TrainingPlan
from student.results import FitReport, Prediction

if TYPE_CHECKING:
    from student.causal.values import StudentAnswer, TokenScores, TooLong, TrainingPair
    from student.encoder.embeddings import Vectors
    from student.encoder.predictor import Probabilities
    from student.selection.co_training import CoTraining
    from student.selection.sample_weights import WeightSettings

WRONG = 3
"""One text in so many is a student error, as in the first rounds of runs with one shot."""


class GuessingStudents(StudentStore):
    """An encoder's store without an encoder."""

    def __init__(self, config: Config, material: Material) -> None:
        super().__init__(config, material.answers, Path())
        self._material = material

    async def train(self, plan: TrainingPlan, round_number: int) -> FitReport:
        return FitReport()

    async def predict(self, texts: Sequence[str], round_number: int) -> list[Prediction]:
        known = set(self._known(round_number)) if self._config.task.introduce else None
        answers = [one for one in self._material.answers if known is None or one in known]
        wrong = [_draw(text) % WRONG == 0 for text in texts]
        if texts and not any(wrong):
            wrong[0] = True  # of a few seed shots one, or some methods would have nothing to do
        return [self._verdict(*pair, answers) for pair in zip(texts, wrong, strict=True)]

    async def verdicts(
        self, texts: Sequence[str], round_number: int
    ) -> tuple[list[Prediction], None]:
        """See `StudentStore`; guesses have no probabilities."""
        return await self.predict(texts, round_number), None

    async def embed(self, texts: Sequence[str], round_number: int) -> Vectors:
        """See `StudentStore`; all in one place, so no map is drawn."""
        return np.zeros((len(texts), 2), dtype=np.float32)

    async def probabilities(self, texts: Sequence[str], round_number: int) -> Probabilities:
        """See `StudentStore`; of any text the same."""
        labels = len(self._material.labels)
        return np.full((len(texts), labels), 1 / labels, dtype=np.float32)

    async def base_embeddings(self, texts: Sequence[str], *, keep: bool = False) -> Vectors:
        """See `StudentStore`; which of the pool's texts are taken changes no number of calls."""
        return np.ones((len(texts), 2), dtype=np.float32)

    async def losses(self, rows: Sequence[Example], round_number: int) -> list[float]:
        return [_draw(row.text) / 100 for row in rows]

    async def full_labels(self, texts: Sequence[str], gold: Sequence[Example]) -> list[str]:
        """See `StudentStore`; what their writer had in mind, which costs no training."""
        known = self._material
        return [known.written.get(text, known.answers[0]) for text in texts]

    async def helpfulness(
        self, rows: Sequence[Example], validation: Sequence[Example], round_number: int
    ) -> list[float]:
        return [_draw(row.text) / 100 for row in rows]

    async def weigh(
        self, rows: Sequence[Example], settings: WeightSettings, round_number: int
    ) -> list[float]:
        return [1.0] * len(rows)

    async def out_of_fold(
        self, rows: Sequence[Example], trusted: Sequence[Example], round_number: int, *, folds: int
    ) -> Probabilities:
        """See `StudentStore`; nobody can be judged, so no label is doubted."""
        return np.full((len(rows), len(self._known(round_number))), np.nan, dtype=np.float32)

    async def co_train(
        self, rows: Sequence[Example], trusted: Sequence[Example], round_number: int
    ) -> CoTraining:
        from student.selection.co_training import CoTraining

        even = np.ones((len(rows), len(self._known(round_number))), dtype=np.float32)
        return CoTraining((1.0,) * len(rows), 1, even)

    def _verdict(self, text: str, wrong: bool, answers: Sequence[str]) -> Prediction:
        label = self._material.written.get(text, answers[0])
        others = [one for one in answers if one != label]
        if wrong and others:
            return Prediction(others[_draw(text) % len(others)], 0.2, 0.6)
        return Prediction(label, 0.5, 0.7)


def _draw(text: str) -> int:
    """A number that belongs to the text."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


THOUGHT = "One thing follows from another, and that is all that can be said of it. " * 3
"""What such a student writes; the finisher goes on from a part of it."""


class SilentStudents(CausalStore):
    """A language model's store without one: it takes every lesson for too long to learn."""

    async def open(self) -> None:
        """See `CausalStore`; there is nothing to open."""

    def prompts(self, conversations: Sequence[Sequence[Any]]) -> list[str]:
        return ["\n".join(m.content for m in messages) for messages in conversations]

    async def sizes(
        self, prompts: Sequence[str], responses: Sequence[str]
    ) -> list[tuple[int, int]]:
        """See `CausalStore`; all fit."""
        return [(1, 1)] * len(prompts)

    async def score(
        self, prompts: Sequence[str], responses: Sequence[str], after: str | None
    ) -> list[TokenScores | TooLong]:
        """See `CausalStore`; what is not scored is not chosen, which costs no token."""
        from student.causal.values import TooLong

        return [TooLong(0, 0)] * len(prompts)

    async def teach(
        self, name: str, after: str | None, rows: Sequence[TrainingPair], **_: Any
    ) -> Any:
        from student.causal.values import StageReport

        return StageReport(len(rows), 0, 0, 0, 0, 0, (), 0.0)

    async def write(
        self, prompts: Sequence[str], after: str | None, **_: Any
    ) -> list[StudentAnswer]:
        from student.causal.values import StudentAnswer

        return [StudentAnswer(THOUGHT, "stop", 1, 1)] * len(prompts)

    async def likeliest(
        self, prompts: Sequence[str], options: Sequence[str], after: str | None
    ) -> list[str]:
        return [options[0]] * len(prompts)
