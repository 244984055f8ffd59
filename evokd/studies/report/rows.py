"""The rows of a study's files, checked: cells, rounds, classes, teachers' own scores.

Unknown columns are passed over, so that a runner may write more.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _text(value: Any) -> Any:
    return "" if value is None else value if isinstance(value, str | dict) else str(value)


OptionalText = Annotated[str, BeforeValidator(_text)]
OptionalCount = Annotated[Annotated[int, Field(ge=0)] | None, BeforeValidator(_blank)]
_Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[_Score | None, BeforeValidator(_blank)]
Amount = Annotated[_Amount | None, BeforeValidator(_blank)]
Flag = Annotated[bool | None, BeforeValidator(_blank)]


class _CellRow(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    cell: str
    """Id of the cell, unique in the study."""
    method: str
    task: str
    variant: OptionalText = ""
    """What else sets the cell apart: a switch left out, a pack; empty or `full`: nothing."""
    shots: OptionalCount = None
    """Seed texts a class; None: the method does not depend on it."""
    seed: OptionalCount = None
    budget: OptionalCount = None
    """Billed tokens at most; None: the method does not depend on it."""
    real_texts: Flag = None
    """Whether it saw texts of a pool; None: nobody wrote it down, and the method tells."""


class CellResult(_CellRow):
    """One line of results.jsonl."""

    status: Literal["done", "failed"]
    reason: OptionalText = ""
    billed_tokens: OptionalCount = None
    useful_tokens: OptionalCount = None
    calls: OptionalCount = None
    macro_f1: Share = None
    accuracy: Share = None
    start_macro_f1: Share = None
    """Of the student that knows the seed shots only."""
    metric: OptionalText = ""
    """What `score` is."""
    score: Share = None
    """The task's metric on the test rows."""
    start_score: Share = None
    """That of the student that knows the seed shots only."""
    rounds: OptionalCount = None
    accepted: OptionalCount = None
    kept: OptionalCount = None
    """Of the accepted rows, those that were trained on; None: no policy chose (`loop.keep`)."""
    rejected: OptionalCount = None
    leaked: OptionalCount = None
    """Generated rows that were removed because a test row says the same."""
    steps: OptionalCount = None
    """Optimiser steps, warm-up included."""
    trained_tokens: OptionalCount = None
    slice_recall: Share = None
    """Of the positive control: recall on the test rows of the slice that is planted."""
    start_slice_recall: Share = None
    """That of the student that knows the seed shots only."""
    rest_recall: Share = None
    """Recall on the other test rows of its class."""
    start_rest_recall: Share = None
    ece: Share = None
    """Expected calibration error of the last student on the test rows, as it is."""
    brier: Amount = None
    nll: Amount = None
    """Nats."""
    temperature: Amount = None
    """None: none was fitted."""
    scaled_ece: Share = None
    """These with the temperature."""
    scaled_brier: Amount = None
    scaled_nll: Amount = None
    flat: Flag = None
    """The method ran out of things to do before its budget."""
    area: Share = None
    """Mean score over 20 to 100 % of the budget, see `evokd.studies.measures.area`."""
    filled: Amount = None
    """Share of the budget that was billed."""
    refits: OptionalCount = None
    """Students trained anew on the stored rows; the columns that follow are over them."""
    last_score: Share = None
    """Mean of the task's metric."""
    last_sd: Amount = None
    """Sample sd of one fit."""
    refit_area: Share = None
    refit_area_sd: Amount = None
    students: dict[str, dict[str, Any]] | None = None
    """Other students on the same rows: name → mean `score` of their refits, `sd`, or `reason`."""
    keeps: dict[str, dict[str, Any]] | None = None
    """What policies would have kept of the same rows: name → see `refit_keeps`."""
    label_accuracy: Share = None
    """Share of accepted rows whose label a full-data student gives, too."""
    judge_accuracy: Share = None
    """That student's own, on the test rows."""
    reference: OptionalText = ""
    """Name of its teacher's own score."""
    revision: OptionalCount = None
    """Of the method; None: of an unknown one."""
    pack_sha: OptionalText = ""
    """Of the prompts that were asked with."""
    switches: Any = None
    wall_s: Amount = None
    versions: dict[str, Any] | None = None
    run: OptionalText = ""
    """The run's directory, absolute or relative to the study's."""


class CurvePoint(_CellRow):
    """One line of curves.csv: a closed round; 0 is the warm-up."""

    round: int = Field(ge=0)
    billed_tokens: int = Field(ge=0)
    """Cumulative."""
    useful_tokens: OptionalCount = None
    score: Share = None
    dev_score: Share = None
    """The task's metric on dev rows; None where the task has none."""
    macro_f1: Share = None
    accuracy: Share = None
    accepted: OptionalCount = None
    rejected: OptionalCount = None
    steps: OptionalCount = None
    edges: dict[str, int] = {}
    """Edge → cumulative billed tokens."""
    representation: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = {}
    """By key of `evokd.runs.representation.MEASURES`; what a round lacks is left out."""


class ClassRow(_CellRow):
    """One line of classes.csv: what a round wrote for a class."""

    round: int = Field(ge=0)
    name: str = Field(alias="class")
    rows: int = Field(ge=0)
    f1_before: Share = None
    """F1 of the class before the round's training."""


class TeacherScore(BaseModel):
    """One line of references.jsonl: what a teacher scored by itself."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    reference: str
    teacher: OptionalText = ""
    pack: OptionalText = ""
    rows: int = Field(ge=1)
    """Train rows that no cell had as a shot."""
    unlabelled: OptionalCount = None
    """Of these, the ones without a usable answer; they count as wrong."""
    metric: OptionalText = ""
    score: Share = None
    tokens: OptionalCount = None
    """Apart from the books of all arms."""
