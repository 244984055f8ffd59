"""The store of a causal student: one model in memory, and adapters on disk, lesson by lesson.

Everything of torch happens in a thread of its own, and nothing is imported before the model is
opened. A lesson that runs again (killed before its checkpoint) begins at the adapters it goes on
from and gives the same weights.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evokd.config import Config, ConfigError, RunError
from evokd.dasd.settings import DasdConfig

if TYPE_CHECKING:
    from student.causal.causal import CausalStudent
    from student.causal.values import StageReport, StudentAnswer, TokenScores, TooLong, TrainingPair

GIVEN = "stage1"
"""The lesson that `dasd.adapter` stands for."""


class CausalStore:
    """Knows which lesson's adapters the student in memory has."""

    def __init__(self, config: Config, settings: DasdConfig) -> None:
        self._config, self._settings = config, settings
        self.folder = Path("student_states")
        """For the adapters, one folder a lesson; a run sets its own."""
        self._student: CausalStudent | None = None
        self._at: str | None = None

    async def open(self) -> None:
        """Load the model, and look at adapters that stand for stage 1.

        Raises:
            ConfigError: a model that can't be had or has no chat template, adapters of another
                base model; nothing was spent yet.
        """
        await asyncio.to_thread(self._open)

    @property
    def student(self) -> CausalStudent:
        """The student in memory, loaded when it is asked for."""
        if self._student is None:
            self._open()
        assert self._student is not None
        return self._student

    def prompts(self, conversations: Sequence[Sequence[Any]]) -> list[str]:
        """Messages as the texts that the student reads: the only place in the graph.

        Args:
            conversations: Of each prompt the messages (`role` and `content`).
        """
        return [
            self.student.prompt([{"role": m.role, "content": m.content} for m in messages])
            for messages in conversations
        ]

    async def sizes(
        self, prompts: Sequence[str], responses: Sequence[str]
    ) -> list[tuple[int, int]]:
        """Tokens of each response, and of prompt, response and end of turn together."""

        def count() -> list[tuple[int, int]]:
            bare = self.student.lengths(prompts, [""] * len(prompts))
            whole = self.student.lengths(prompts, responses)
            return [(both - head, both) for head, both in zip(bare, whole, strict=True)]

        return await asyncio.to_thread(count)

    async def score(
        self, prompts: Sequence[str], responses: Sequence[str], after: str | None
    ) -> list[TokenScores | TooLong]:
        """What the student after a lesson (None: before any) thinks of some responses."""
        return await asyncio.to_thread(
            lambda: self._after(after).score(prompts, responses, base=after is None)
        )

    async def teach(
        self,
        name: str,
        after: str | None,
        rows: Sequence[TrainingPair],
        *,
        lr: float,
        epochs: int,
        seed: int,
    ) -> StageReport:
        """Carry out a lesson on the student after another, and keep its adapters."""

        def work() -> StageReport:
            student = self._after(after)
            self._at = ""  # neither of them, should training be interrupted
            report = student.fit(rows, lr=lr, epochs=epochs, seed=seed)
            student.checkpoint(self.folder / name)
            self._at = name
            return report

        return await asyncio.to_thread(work)

    async def write(
        self,
        prompts: Sequence[str],
        after: str | None,
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> list[StudentAnswer]:
        """Answers of the student after a lesson; none where a prompt leaves no room for one."""

        def work() -> list[StudentAnswer]:
            from student.causal.values import StudentAnswer

            student = self._after(after)
            sizes = student.lengths(prompts, [""] * len(prompts))
            limit = self._config.student.max_length
            answers = iter(
                student.write(
                    [one for one, size in zip(prompts, sizes, strict=True) if size <= limit],
                    max_new_tokens=max_new_tokens,
                    temperature=temperature,
                    seed=seed,
                    base=after is None,
                )
            )
            return [
                next(answers) if size <= limit else StudentAnswer("", "length", 0, size)
                for size in sizes
            ]

        return await asyncio.to_thread(work)

    async def likeliest(
        self, prompts: Sequence[str], options: Sequence[str], after: str | None
    ) -> list[str]:
        """The option that the student after a lesson finds likeliest behind each prompt.

        Nothing where prompt and option don't fit the model.
        """

        def work() -> list[str]:
            student, limit = self._after(after), self._config.student.max_length
            longest = max(options, key=len)
            sizes = student.lengths(prompts, [longest] * len(prompts))
            fitting = [one for one, size in zip(prompts, sizes, strict=True) if size < limit]
            found = student.label_likelihood(fitting, options, base=after is None)
            likeliest = iter(found.argmax(1))
            return [options[int(next(likeliest))] if size < limit else "" for size in sizes]

        return await asyncio.to_thread(work) if prompts and options else [""] * len(prompts)

    async def save(self, after: str | None, folder: Path, card: str) -> None:
        """Write the student after a lesson for use, adapters merged."""
        await asyncio.to_thread(lambda: self._after(after).save(folder, card))

    def _open(self) -> None:
        from student.causal.causal import CausalStudent

        if self._student is not None:
            return
        student = CausalStudent.create(
            student_settings(self._config, self._settings), self._config.seed
        )
        adapter = self._settings.adapter
        if adapter is not None:
            student.restore(Path(adapter))
            student.reset()
        self._student, self._at = student, None

    def _after(self, lesson: str | None) -> CausalStudent:
        """The student after a lesson.

        Raises:
            RunError: its adapters are no longer on disk, damaged, or of another student.
        """
        student = self.student
        if lesson == self._at:
            return student
        if lesson is None:
            student.reset()
        else:
            try:
                student.restore(self._existing(lesson))
            except ConfigError as error:
                raise RunError(f"the adapters after {lesson}: {error}") from error
        self._at = lesson
        return student

    def _existing(self, lesson: str) -> Path:
        given = self._settings.adapter
        if given is not None and lesson == GIVEN:
            return Path(given)
        path = self.folder / lesson
        if not path.is_dir():
            raise RunError(f"{path}: the adapters after {lesson} are gone; start a new run")
        return path


def student_settings(config: Config, settings: DasdConfig) -> Any:
    """The student's settings (`CausalSettings`) of a config."""
    from evokd.config import LoraConfig
    from student.causal.values import CausalSettings

    student = config.student
    options: Mapping[str, Any] = settings.template_options
    return CausalSettings(
        model=student.model,
        max_length=student.max_length,
        lora=student.lora or LoraConfig(r=16, alpha=32),
        batch_size=student.batch_size,
        weight_decay=student.weight_decay,
        template_options=options,
        threads=student.threads,
    )
