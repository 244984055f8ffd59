"""One student in memory and its states on disk, so that a resume goes on exactly."""

from __future__ import annotations

import asyncio
import functools
import gc
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from evokd.config import Config, ConfigError, RunError
from evokd.store.events import Listener, Stepped
from evokd.tasks.continual import known
from evokd.tasks.example import Example
from evokd.tasks.thresholds import at_half, fit_thresholds
from evokd.tasks.undescribed import without_todo
from student.encoder.training_plan import TrainingPlan, full_plan, run_plan
from student.results import FitReport, OnStep, Prediction

if TYPE_CHECKING:
    from student.encoder.embeddings import Vectors
    from student.encoder.encoder import Encoder
    from student.encoder.predictor import Probabilities
    from student.selection.co_training import CoTraining
    from student.selection.memory import StudentView
    from student.selection.sample_weights import WeightSettings


T = TypeVar("T")
LogProbabilities = npt.NDArray[np.float32]
"""Natural, [texts, answers]."""
KEPT_STATES = 2
"""The state before a round and the one after it: what a resume can need."""
TELL_S = 0.25
"""Least seconds between two training steps that are told of."""
FULL = "full"
"""Folder of the student that has learnt the whole training set."""


class StudentStore:
    """Knows after which round the student in memory stands."""

    def __init__(
        self,
        config: Config,
        labels: Sequence[str],
        folder: Path,
        tell: Listener | None = None,
        dev: Sequence[Example] = (),
    ) -> None:
        """Args.

        config: For the student, its seed, and the rounds in which labels come in.
        labels: All classes.
        folder: For the states.
        tell: Hears of training steps, on the event loop.
        dev: Rows that the thresholds of a set of labels are fitted on, after each training.
        """
        self._tell, self._dev = tell, tuple(dev)
        self._config, self._labels, self.folder = config, tuple(labels), folder
        self._student: Encoder | None = None
        self._full: Encoder | None = None
        self._full_lock = threading.Lock()
        self._round = -1

    async def train(self, plan: TrainingPlan, round_number: int) -> FitReport:
        """Carry out a round's plan on the state before it, and keep the state after it."""
        on_step = self._teller(round_number)
        return await asyncio.to_thread(self._train, plan, round_number, on_step)

    async def predict(self, texts: Sequence[str], round_number: int) -> list[Prediction]:
        """Verdicts of the student as it stood after a round."""
        if not texts:
            return []
        return await asyncio.to_thread(lambda: self.after(round_number).predict(texts))

    async def verdicts(
        self, texts: Sequence[str], round_number: int
    ) -> tuple[list[Prediction], LogProbabilities | None]:
        """As `predict`, with the log-probabilities of the same pass, see `Encoder.verdicts`."""
        if not texts:
            return [], None
        return await asyncio.to_thread(lambda: self.after(round_number).verdicts(texts))

    async def embed(self, texts: Sequence[str], round_number: int) -> Vectors:
        """Embeddings by the student as it stood after a round, float32 [texts, width]."""
        from student.encoder.embeddings import embeddings

        return await asyncio.to_thread(lambda: embeddings(self.after(round_number), texts))

    async def probabilities(self, texts: Sequence[str], round_number: int) -> Probabilities:
        """Class probabilities, float32 [texts, labels], of the student as it stood after a round.

        For kinds with one distribution a text (classification and pairs), and for sets of labels:
        there each label's own, brought to where its threshold is one half.
        """

        def found() -> Probabilities:
            student = self.after(round_number)
            said = student.probabilities(texts)
            return said if student.thresholds is None else at_half(said, student.thresholds)

        return await asyncio.to_thread(found)

    async def base_embeddings(self, texts: Sequence[str], *, keep: bool = False) -> Vectors:
        """Embeddings by the base encoder before any training, float32 [texts, width].

        Args:
            texts: Of a pool, or rows to be held against it.
            keep: For a whole pool: read from the user's cache where they are, else left there.
        """
        from student.encoder.base_embeddings import base_embeddings

        config = self._config
        return await asyncio.to_thread(
            lambda: base_embeddings(config.student, config.task.kind, texts, keep=keep)
        )

    async def losses(self, rows: Sequence[Example], round_number: int) -> list[float]:
        """Cross-entropy of each row, nats, under the student as it stood after a round."""
        from student.selection.influence import row_losses

        if not rows:
            return []
        return await asyncio.to_thread(lambda: row_losses(self.after(round_number), rows).tolist())

    async def helpfulness(
        self, rows: Sequence[Example], validation: Sequence[Example], round_number: int
    ) -> list[float]:
        """How much a training step on each row would lower the loss on the validation rows."""
        from student.selection.influence import helpfulness

        return await asyncio.to_thread(
            lambda: helpfulness(self.after(round_number), rows, validation).tolist()
        )

    async def consult(self, ask: Callable[[StudentView], T], round_number: int) -> T:
        """What a policy of memory makes of the student as it stood after a round.

        Args:
            ask: Called in a thread of its own, with what may be asked of the student.
            round_number: -1: base model with a fresh head.
        """
        from student.selection.memory.encoder_view import EncoderView

        return await asyncio.to_thread(lambda: ask(EncoderView(self.after(round_number))))

    async def weigh(
        self, rows: Sequence[Example], settings: WeightSettings, round_number: int
    ) -> list[float]:
        """SunGen's weights, learnt on the student as it stood before this round."""
        from student.selection.sample_weights import learn_weights

        seed = self._config.seed * 1000 + round_number
        return await asyncio.to_thread(
            lambda: list(
                learn_weights(self.after(round_number - 1), rows, settings, seed=seed).weights
            )
        )

    async def out_of_fold(
        self, rows: Sequence[Example], trusted: Sequence[Example], round_number: int, *, folds: int
    ) -> Probabilities:
        """Probabilities by students of their own that never saw the row, float32 [rows, labels].

        See `student.selection.out_of_fold`; the student in memory stays as it is.
        """
        from student.selection.out_of_fold import out_of_fold

        config, seed = self._config, self._config.seed * 1000 + round_number
        labels, kind = self._known(round_number), config.task.kind
        return await asyncio.to_thread(
            lambda: out_of_fold(
                config.student, labels, rows, trusted, folds=folds, seed=seed, kind=kind
            )
        )

    async def co_train(
        self, rows: Sequence[Example], trusted: Sequence[Example], round_number: int
    ) -> CoTraining:
        """Weights by two students of their own; the student in memory stays as it is."""
        from student.selection.co_training import co_train

        config, seed = self._config, self._config.seed * 1000 + round_number
        labels, kind, settings = self._known(round_number), config.task.kind, config.student.noise
        assert settings is not None
        return await asyncio.to_thread(
            lambda: co_train(config.student, labels, rows, trusted, settings, seed=seed, kind=kind)
        )

    async def full_labels(self, texts: Sequence[str], gold: Sequence[Example]) -> list[str]:
        """What a student of its own says that has learnt all gold rows, as `full_shot` does.

        It is trained when it is first asked, from the run's seed, and kept on disk for a resume:
        the very student that a run of `full_shot` with this seed ends with.

        Args:
            texts: To be labelled.
            gold: The training set.
        """
        if not texts:
            return []
        return await asyncio.to_thread(self._full_labels, texts, gold)

    def after(self, round_number: int) -> Encoder:
        """The student as it stood after a round (-1: base model with a fresh head).

        Raises:
            RunError: that state is no longer on disk, damaged, or of another student.
        """
        labels = self._known(round_number)
        if self._student is None or self._student.labels != labels:
            self._student = self._create(labels)
            self._round = -1
            _freeze_heap()
        if self._round != round_number:
            if round_number < 0:
                self._student.reset()
            else:
                self._restore(self._student, round_number)
            self._round = round_number
        return self._student

    def _create(self, labels: Sequence[str]) -> Encoder:
        from student.encoder.encoder import Encoder

        config = self._config
        return Encoder.create(
            config.student, labels, config.seed, config.task.kind, without_todo(config.task).labels
        )

    def gave_up(self, round_number: int) -> bool:
        """Whether the state after a round is gone, since later ones are kept."""
        return any(self.folder.glob("round-*")) and not self._path(round_number).is_dir()

    def _teller(self, round_number: int) -> OnStep | None:
        """From the training's thread to the event loop, a few times a second."""
        tell, loop, told = self._tell, asyncio.get_running_loop(), 0.0
        if tell is None:
            return None

        def on_step(step: int, steps: int) -> None:
            nonlocal told
            if time.monotonic() - told >= TELL_S:
                told = time.monotonic()
                event = Stepped(round=round_number, step=step, steps=steps)
                loop.call_soon_threadsafe(tell, event)

        return on_step

    def _train(
        self, plan: TrainingPlan, round_number: int, on_step: OnStep | None = None
    ) -> FitReport:
        student = self.after(round_number - 1)
        self._round = -2  # neither before nor after, should training be interrupted
        labels = self._known(round_number)
        if labels != student.labels:
            student.grow(labels)
        seed = fit_seed(self._config.seed, plan, round_number)
        report = run_plan(plan, student, seed=seed, on_step=on_step)
        self._set_thresholds(student)
        student.checkpoint(self._path(round_number))
        self._round = round_number
        for old in self.folder.glob("round-*"):
            if int(old.name.removeprefix("round-")) <= round_number - KEPT_STATES:
                shutil.rmtree(old, ignore_errors=True)
        return report

    def _full_labels(self, texts: Sequence[str], gold: Sequence[Example]) -> list[str]:
        from student.encoder.encoder import Encoder

        with self._full_lock:  # the drafts of two writers are labelled side by side
            if self._full is None:
                config, path = self._config, self.folder / FULL
                if not path.is_dir():
                    fresh = self._create(self._labels)
                    run_plan(full_plan(config.student, gold), fresh, seed=config.seed * 1000)
                    self._set_thresholds(fresh)
                    fresh.save(path)
                self._full = Encoder.load(path, config.student)
            return [verdict.label for verdict in self._full.predict(texts)]

    def _set_thresholds(self, student: Encoder) -> None:
        """From which probability on a label is said, where an answer is a set of them."""
        wanted = self._config.student.thresholds == "dev"
        if student.thresholds is None or not self._dev or not wanted:
            return
        from evokd.tasks.label_set_scores import decisions

        labels = student.labels
        found = student.probabilities([row.text for row in self._dev])
        gold = decisions([row.label for row in self._dev], labels)
        student.thresholds = fit_thresholds(found, gold, labels)

    def _known(self, round_number: int) -> tuple[str, ...]:
        """The student's labels after a round; the fresh head of -1 is that of the warm-up."""
        task = self._config.task
        return known(task, max(0, round_number)) if task.introduce else self._labels

    def _path(self, round_number: int) -> Path:
        return self.folder / f"round-{round_number:03d}"

    def _restore(self, student: Encoder, round_number: int) -> None:
        path = self._existing(round_number)
        try:
            student.restore(path)
        except ConfigError as error:  # what it says is right, but it is too late to be the config's
            raise RunError(f"the student's state after round {round_number}: {error}") from error

    def _existing(self, round_number: int) -> Path:
        path = self._path(round_number)
        if not path.is_dir():
            raise RunError(
                f"{path}: the student's state after round {round_number} is gone (only the last"
                f" {KEPT_STATES} are kept); start a new run"
            )
        return path


def fit_seed(seed: int, plan: TrainingPlan, round_number: int) -> int:
    """Of a round's fit. What begins at the base weights has the same one in every round.

    So methods of a study that share a seed, but not their number of rounds, end with students that
    were trained by the same random numbers.
    """
    return seed * 1000 + (0 if plan.start == "base" else round_number)


@functools.cache
def _freeze_heap() -> None:
    """Leave what the imports brought out of later collections.

    With torch and transformers loaded a full one takes half a second, in the middle of a round.
    """
    gc.collect()
    gc.freeze()
