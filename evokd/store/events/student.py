"""The student: what it gets wrong, what is told of that, its training, its scores."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evokd.store.events.base import BaseEvent


class Analysed(BaseEvent):
    """The analyst's weakness analysis, and the rows it saw."""

    type: Literal["analysed"] = "analysed"
    text: str
    right: list[str]
    wrong: list[str]
    cited: list[str] = Field(default_factory=list)
    """The student errors it names; all it saw where it names none."""


class Told(BaseEvent):
    """A control handed on other verdicts than the student's own."""

    type: Literal["told"] = "told"
    rows: int
    suspects: int
    """Rows told wrong; where none is, those told uncertain."""
    stayed: int = 0
    """Suspects that truly were some, because too few other rows were left."""
    source: str | None = None
    """Directory of the run whose feedback it is; None: this one's."""
    source_round: int | None = None


class Evaluated(BaseEvent):
    """The student's verdict on an accepted row, before it trained on it."""

    type: Literal["evaluated"] = "evaluated"
    label: str
    predicted: str
    confidence: float


class Examined(BaseEvent):
    """The student's verdicts on a synthetic dev set, which it never trains on."""

    type: Literal["examined"] = "examined"
    rows: int
    wrong: int
    metric: str
    score: float
    """By that metric, which is the task's; rounded."""


class Trained(BaseEvent):
    """The student was fitted."""

    type: Literal["trained"] = "trained"
    rows: int
    steps: int
    loss: float
    seconds: float
    tokens: int = 0
    """Trained on, special tokens included, padding not."""


class Stepped(BaseEvent):
    """The student takes its training steps: heard while it does, not kept on file."""

    type: Literal["stepped"] = "stepped"
    step: int
    """Of this fit, from 1; a round may have more than one."""
    steps: int


class Retested(BaseEvent):
    """The student's verdict on a row after the round's training.

    Asked of the rows it just trained on, and of those that the round's texts answer.
    """

    type: Literal["retested"] = "retested"
    label: str
    predicted: str
    confidence: float
    trained: bool
    """It was in this round's batch."""


class Scored(BaseEvent):
    """Scores after training; test scores are only ever reported."""

    type: Literal["scored"] = "scored"
    dev: dict[str, float] | None
    test: dict[str, float]
    billed_tokens: int
    accepted: int
    rejected: int
    useful_tokens: int | None = None
    hard_error: float | None = None
    """Share of the hard rows that the student had wrong before it trained on them."""
    easy_error: float | None = None
    class_f1: dict[str, float] | None = None
    """On the test set."""
