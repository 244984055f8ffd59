"""The lessons of a run: which student learns what, going on from which other student.

The stages come first, then the students they are compared with, so that a budget that ends the
asking leaves those who can still be taught. Section 5, step 6: controls have as many responses as
what they are held against, of the same stage, with the same rate and epochs.

| arm | goes on from | learns |
|---|---|---|
| stage1 | base | what was chosen of stage 1 |
| stage2 | stage1 | what was chosen of stage 2 |
| mixed | stage2 | what the student began and the teacher finished |
| answer_only | base | as many right answers without reasoning |
| stage2_random | stage1 | as many responses of stage 2 by chance |
| stage2_tokens | stage1 | as many tokens of stage 2 by chance |
| random | base, then itself | as much of each stage by chance |
| high_only | base | what was chosen of stage 2, as stage 1 is taught [D] |
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from evokd.dasd.settings import DasdConfig

StageName = Literal["stage1", "stage2", "mixed"]
LessonSource = Literal["stage1", "stage2", "mixed", "answers"]
"""Where rows come from: a stage's responses, or the gold answers."""
ROUNDS: dict[LessonSource, int] = {"stage1": 1, "stage2": 2, "mixed": 3, "answers": 2}
STAGES: tuple[StageName, ...] = ("stage1", "stage2", "mixed")
CHANCE = "random_stage1"
"""The first half of the arm `random`; it is no arm itself."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One training."""

    name: str
    """An arm, or `CHANCE`."""
    after: str | None
    """The lesson it goes on from; None: the base model."""
    source: LessonSource
    chosen: bool
    """What the selection chose; else as much by chance."""
    lr: float
    epochs: int
    by_tokens: bool = False
    """By chance as many tokens, instead of as many responses."""

    @property
    def asks(self) -> bool:
        """Whether its responses are written for it: the stages."""
        return self.name == self.source


def lessons(config: DasdConfig) -> tuple[Lesson, ...]:
    """All lessons of a config in their order; `stage1` stands for `dasd.adapter`, too."""
    one, two, mixed = config.stage1, config.stage2, config.mixed
    found = [Lesson("stage1", None, "stage1", True, one.lr, one.epochs)]
    if two is not None:
        found.append(Lesson("stage2", "stage1", "stage2", True, two.lr, two.epochs))
    if mixed is not None:
        found.append(Lesson("mixed", "stage2", "mixed", True, mixed.lr, mixed.epochs))
    for arm in config.evaluation.arms:
        if arm == "answer_only":
            found.append(Lesson(arm, None, "answers", True, one.lr, one.epochs))
        elif two is None:
            continue
        elif arm == "stage2_random":
            found.append(Lesson(arm, "stage1", "stage2", False, two.lr, two.epochs))
        elif arm == "stage2_tokens":
            found.append(Lesson(arm, "stage1", "stage2", False, two.lr, two.epochs, True))
        elif arm == "random" and config.adapter is None:
            found.append(Lesson(CHANCE, None, "stage1", False, one.lr, one.epochs))
            found.append(Lesson(arm, CHANCE, "stage2", False, two.lr, two.epochs))
        elif arm == "high_only":
            found.append(Lesson(arm, None, "stage2", True, one.lr, one.epochs))
    return tuple(found)


def next_lesson(
    plan: tuple[Lesson, ...], at: int, written: Collection[str], *, stopped: bool
) -> int | None:
    """Which lesson comes next; None when all are taught.

    Args:
        plan: All lessons.
        at: The first one that is not taught yet.
        written: Stages whose responses are there.
        stopped: No more responses can be asked for; lessons that lack them are passed over.
    """
    for number in range(at, len(plan)):
        one = plan[number]
        if one.source in written or one.source == "answers":
            return number
        if one.asks and not stopped:
            return number
    return None


def arms(config: DasdConfig, taught: Collection[str]) -> tuple[str, ...]:
    """The students that are compared: the base model, the stages, then the others as asked for."""
    stages: list[str] = [arm for arm in STAGES if arm in taught]
    others = [arm for arm in config.evaluation.arms if arm in taught and arm not in STAGES]
    return ("base", *stages, *others)
